//! The built-in deny list: `built-in` in `policy.deny`. It names what no shop needs and what is as good as `op`.

/// The name of the list in `policy.deny`.
pub const BUILT_IN: &str = "built-in";

/// Operators, bans, and control of the server's process, settings and world.
#[rustfmt::skip]
const SERVER: &[&str] = &[
    "op", "deop", "stop", "end", "restart", "stopserver", "shutdown", "halt", "autorestart", "reload", "rl", "reloadall",
    "whitelist", "wl", "ewhitelist", "save-*", "ban*", "pardon*", "eban*", "tempban*", "etempban*", "tempipban*", "ipban*",
    "unban*", "eunban*", "kick", "ekick", "kickall", "ekickall", "lockdown", "maintenance", "schedule", "function", "datapack",
    "debug*", "perf", "jfr", "publish", "tick", "worldborder", "gamerule", "difficulty", "defaultgamemode", "setworldspawn",
    "setidletimeout", "forceload", "spreadplayers", "spigot *", "paper *", "purpur *", "bukkit *", "timings", "backup",
    "ebackup", "setblock * 137", "fill * 137", "give * 137", "i 137", "item 137", "i * 137",
    "mvdelete", "mvremove", "mvregen", "mvscript", "mv delete", "mv remove", "mv regen", "mv script", "co purge",
    "co rollback", "co restore", "geyser", "authme", "nlogin", "openlogin", "librelogin",
];

/// Commands that run other commands, load code, or send players elsewhere.
#[rustfmt::skip]
const WRAPPERS: &[&str] = &[
    "sudo", "esudo", "asudo", "bsudo", "gsudo", "cmi sudo", "cmi asplayer", "console", "consolecommand", "consolecmd",
    "cconsole", "asconsole", "ascommand", "asop", "asplayer", "runas", "forcecmd", "rcmd", "remotecmd", "sync", "bungee",
    "npc command", "npc cmd", "ex", "exs", "denizen", "sk", "skript", "!*", "script", "eval", "js", "lua", "kubejs", "cs",
    "plugman", "plugmanx", "bplugman", "pluginmanager", "plm", "serverutils", "su", "ppm", "papi ecloud", "papi reload",
    "papi parse * *javascript*", "transfer", "ptransfer", "send", "gsend", "esend",
];

/// Command blocks and text that runs a command at a click, anywhere in a line.
#[rustfmt::skip]
const ANYWHERE: &[&str] = &[
    "*command_block*", "*commandblock*", "*cmdblock*", "*command-block*", "*minecartcommand*", "*commandminecart*",
    "*command_minecart*", "*cmdminecart*", "*run_command*", "*runcommand*", "*[runcmd]*", "*<cc>*",
];

/// Commands that destroy, with a selector or the plugins' word for everybody.
#[rustfmt::skip]
const EVERYBODY: &[&str] = &[
    "kill *@*", "kill \\*", "clear *@*", "clear \\*", "damage *@*", "killall", "ekillall", "butcher", "nuke", "enuke", "antioch",
    "eantioch", "ci \\*", "ci *@*", "clearinventory \\*", "clearinventory *@*", "clearinvent \\*", "eci \\*", "eclearinventory \\*",
    "tp @a", "tp @e", "tp @r", "tp @a[*", "tp @e[*", "gamemode * @*", "xp set @*", "eco reset \\*", "eco take \\*",
    "eco set \\*", "effect * @* *instant_damage*", "effect * @* *wither*", "data * entity @*", "item replace entity @*",
    "attribute @*", "recipe take @*", "advancement revoke @*", "loot replace entity @*", "ride @*", 
];

/// Commands of permission plugins that change more than one player's rank or permission.
#[rustfmt::skip]
const PERMISSIONS: &[&str] = &[
    "lp \\*", "lp * \\*", "lp * \\*=*", "lp group", "lp g", "lp creategroup", "lp deletegroup", "lp listgroups", "lp track", "lp t",
    "lp createtrack", "lp deletetrack", "lp editor", "lp * editor", "lp applyedits", "lp trusteditor", "lp import", "lp export",
    "lp bulkupdate", "lp reloadconfig", "lp verbose", "lp translations", "lp * clone", "lp * luckperms*", "lp * r=*",
    "lp * minecraft.command*", "lp * minecraft.\\*", "lp * minecraft.op*", "lp * bukkit.command*", "lp * bukkit.\\*",
    "lp * essentials.\\*", "lp * essentials.sudo*", "lp * cmi.\\*", "lp * cmi.command.\\*", "lp * cmi.command.sudo*",
    "lp * worldedit.\\*", "lp * permission* set *{*", "lp * permission* settemp *{*", "lp * permission* set *(*",
    "lp * permission* set *[*", "lp * p set *{*", "lp * plugman*", "lp * permissions.\\*",
    "pex group", "pex * \\*", "pex * permissions*", "pex promote", "pex demote",
    "pex import", "pex backend", "pex convert", "pex reload", "pex world", "pex set", "pex default", "pex * minecraft.*",
    "pex * bukkit.*", "pex hierarchy", "mang*", "manuaddp", "manuaddsub * \\*", "manload", "mansave", "manworld", "manselect",
    "manclear", "manpromote", "mandemote", "uperms * \\*", "uperms group*", "uperms addgroup", "uperms creategroup",
    "uperms editor", "ftbranks create", "ftbranks delete", "ftbranks node", "ftbranks condition", "ftbranks reload",
    "bpermissions", "permissionmanager", "vault convert",
    
];

/// Commands that put a player into a group.
#[rustfmt::skip]
const RANKS: &[&str] = &["lp * ", "pex * ", "manuadd * ", "manuaddsub * ", "uperms * ", "ftbranks add * ", "setrank * ", "setgroup * ", "group add * ", "rank * "];

/// Groups that staff have.
#[rustfmt::skip]
const STAFF: &[&str] = &[
    "op", "ops", "operator", "owner", "coowner", "co-owner", "admin", "admins", "administrator", "headadmin", "superadmin", "root",
    "console", "manager", "staff", "mod", "moderator", "dev", "developer",
];

/// The built-in deny list, as patterns.
pub fn built_in() -> Vec<String> {
    let lists = [SERVER, WRAPPERS, ANYWHERE, EVERYBODY, PERMISSIONS].into_iter().flatten();
    let staff = RANKS.iter().flat_map(|verb| STAFF.iter().map(move |group| format!("{verb}{group}")));
    lists.map(|pattern| (*pattern).to_owned()).chain(staff).collect()
}

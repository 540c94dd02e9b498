// Vanilla's console commands that flying-squid lacks, on flying-squid's own players and its own `give`.

/** Answers lines with vanilla's texts. `players()` returns the players in the game; `give(player, item)` is the game's own. */
export function vanillaConsole({ players, give, maxPlayers, onGive }) {
  const found = (target) => {
    // A selector hits every player, as in vanilla: an unchecked name would have that effect.
    if (target.startsWith("@")) return players();
    const wanted = target.toLowerCase();
    return players().filter(({ username, uuid }) => username.toLowerCase() === wanted || uuid === wanted);
  };

  async function giveTo(target, item, count) {
    const receivers = found(target);
    if (receivers.length === 0) return "No player was found";
    for (const player of receivers) {
      for (let given = 0; given < count; given += 1) await give(player, item);
    }
    await onGive();
    const whom = receivers.length === 1 ? receivers[0].username : `${receivers.length} players`;
    return `Gave ${count} [${capitalised(item)}] to ${whom}`;
  }

  function list(show) {
    const all = players();
    return `There are ${all.length} of a max of ${maxPlayers} players online: ${all.map(show).join(", ")}`;
  }

  return async function run(line) {
    const [word, ...rest] = line.replace(/^\//, "").split(" ");
    if (word === "list" && rest.length === 0) return list(({ username }) => username);
    if (word === "list" && rest[0] === "uuids") return list(({ username, uuid }) => `${username} (${uuid})`);
    if (word === "give" && rest.length >= 2) return giveTo(rest[0], rest[1].replace(/^minecraft:/, ""), Number(rest[2] ?? 1));
    return `Unknown or incomplete command, see below for error${line}<--[HERE]`;
  };
}

const capitalised = (id) => id.replace(/(^|_)([a-z])/g, (_, gap, letter) => (gap && " ") + letter.toUpperCase());

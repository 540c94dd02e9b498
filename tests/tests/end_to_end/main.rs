//! End-to-end tests: the three real programs with real sockets and real files.

mod admin;
mod crash_points;
mod damage;
mod delivery;
mod dialects;
mod docs;
mod faults;
mod first_steps;
mod game;
mod kills;
mod policy;
mod presence;
mod referrals;
mod test_env;
mod tokens;

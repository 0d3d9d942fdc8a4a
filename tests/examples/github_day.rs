//! The tests' GitHub as a server, for the recording of the demonstration: `github_day TOKEN 1|2` prints its port and serves until its input
//! ends. On day 2 an owner takes codes by text message, and an App is installed.
#![expect(clippy::print_stdout, reason = "whoever records reads the port")]

use std::io::Read as _;

use fakes::github::{GithubFake, TwoFactor, World};
use testkit::Server;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut world = World::calm(arguments.first().map_or("", String::as_str));
    if arguments.get(1).is_some_and(|day| day == "2") {
        for person in world.people.iter_mut().filter(|person| person.login == "bo") {
            person.two_factor = TwoFactor::Insecure;
        }
    } else {
        world.apps.retain(|app| app.slug != "release-bot");
    }
    let server = Server::http(GithubFake::new(world));
    println!("{}", server.url().rsplit(':').next().unwrap_or_default());
    // Until whoever started it has enough.
    let _ = std::io::stdin().read(&mut [0]);
}

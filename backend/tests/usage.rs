//! Wrong usage is found before anything listens, and says what would be right.

use std::net::TcpListener;
use std::process::Command;

/// The exit code and the first line of the message.
fn run(args: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_backend"))
        .args(args.split_whitespace())
        .output()
        .unwrap();
    assert!(output.stdout.is_empty(), "{args}: it listens");
    let stderr = String::from_utf8(output.stderr).unwrap();
    (
        output.status.code(),
        stderr.lines().next().unwrap_or_default().to_owned(),
    )
}

#[test]
fn a_mistake_is_named_with_its_remedy() {
    for (args, message) in [
        (
            "--name rs1",
            "error: server rs1 has no listener: add --listen ADDR:PORT or --udp ADDR:PORT",
        ),
        (
            "--name rs1 --listen 127.0.0.1:0 --delay 5",
            "error: --delay cannot be \"5\": write 5ms, uniform:1ms..5ms, exponential:5ms (the mean) or \
             pareto:1ms:1.5 (the least and the shape), at most 1h",
        ),
        (
            "--server rs1=127.0.0.1:0 --errors rs2=503:1%",
            "error: --errors \"rs2=503:1%\": there is no server rs2: there are rs1",
        ),
        (
            "--server rs1",
            "error: --server \"rs1\" names no address: write NAME=ADDR:PORT, such as rs1=127.0.0.1:8080",
        ),
        (
            "--server rs1=localhost:80",
            "error: --server \"rs1=localhost:80\": \"localhost:80\" is no address: write ADDR:PORT, such \
             as 127.0.0.1:8080",
        ),
        (
            "--server rs1=127.0.0.1:0 --server rs1=127.0.0.1:0",
            "error: two servers are named rs1: give each a name of its own",
        ),
        (
            "--server rs1=127.0.0.1:7,127.0.0.1:7",
            "error: 127.0.0.1:7 is to be listened on twice: give each listener a port of its own",
        ),
        (
            "--server rs1=127.0.0.1:0 --server rs2=127.0.0.1:0 --udp 127.0.0.1:0",
            "error: --udp \"127.0.0.1:0\": which of the servers is it? Write NAME=ADDR:PORT",
        ),
        (
            "--name rs1 --listen 127.0.0.1:0 --delay 1ms --delay 2ms",
            "error: --delay is given twice for every server: give it once",
        ),
        (
            "--name rs1 --listen 127.0.0.1:0 --delay rs1=1ms --delay rs1=2ms",
            "error: --delay is given twice for rs1: give it once",
        ),
        (
            "--name r\u{e9} --listen 127.0.0.1:0",
            "error: a server cannot be named \"r\u{e9}\": use 1 to 255 visible ASCII characters",
        ),
    ] {
        assert_eq!(run(args), (Some(2), message.to_owned()), "{args}");
    }
}

#[test]
fn what_the_parser_of_the_command_line_refuses_is_wrong_usage_too() {
    for args in [
        "",
        "--listen 127.0.0.1:0",
        "--name rs1 --listen here",
        "--name rs1 --drain soon",
    ] {
        assert_eq!(run(args).0, Some(2), "{args}");
    }
}

#[test]
fn nothing_listens_when_one_address_cannot_be_had() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let (code, message) = run(&format!("--server rs1=127.0.0.1:0,{address}"));
    assert_eq!(code, Some(1));
    assert!(
        message.starts_with(&format!("error: cannot listen on {address}: ")),
        "{message}"
    );
}

#[test]
fn the_help_names_every_setting() {
    let output = Command::new(env!("CARGO_BIN_EXE_backend"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for key in backend::behaviour::Key::ALL {
        assert!(
            help.contains(&format!("--{}", key.name())),
            "{}",
            key.name()
        );
    }
}

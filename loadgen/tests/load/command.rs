//! The command: usage errors, exit codes, and what it prints.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{answering, odd_server, real_server};

fn loadgen(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args(args)
        .output()
        .unwrap()
}

#[track_caller]
fn assert_usage(args: &[&str], message: &str) {
    let output = loadgen(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(message), "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn wrong_usage_is_explained() {
    let url = "http://127.0.0.1:9/";
    assert_usage(&["-n", "2", "-c", "3", url], "-n");
    assert_usage(&["-n", "0", url], "loadgen: ");
    assert_usage(&["-H", "no colon", url], "loadgen: ");
    assert_usage(&["ftp://127.0.0.1/"], "not http, https or udp");
    assert_usage(&["127.0.0.1:9"], "write http://host[:port]/path");
    assert_usage(&[], "loadgen --help");
}

#[test]
fn a_load_without_failures_exits_with_0() {
    let (server, address) = real_server("rs1");
    let url = format!("http://{address}/index.html");
    let output = loadgen(&["-n", "100", "-c", "10", "--threads", "2", &url]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout.contains("Complete requests:      100\n"), "{stdout}");
    assert!(stdout.contains("(be patient).....done\n"), "{stdout}");
    assert!(output.stderr.is_empty(), "progress is for terminals");
    assert_eq!(server.counters().connections, 100);
}

#[test]
fn the_json_has_the_counts_of_every_server() {
    let (_, address) = real_server("rs1");
    let url = format!("http://localhost:{}/", address.port());
    let by_header = "--by-header=x-real-server";
    let output = loadgen(&["-k", "-n", "10", "-c", "2", by_header, "--json", &url]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = report.to_string();
    assert_eq!(report["completed"], 10, "{text}");
    assert!(text.contains("rs1"), "{text}");
}

#[test]
fn a_script_sends_its_own_requests_and_files_are_written() {
    let (server, address) = real_server("rs1");
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let script = path("script.toml");
    let requests = "[[request]]\npath = \"/index.html\"\n[[request]]\nmethod = \"POST\"\npath = \"/index.html?b\"\nbody = \"x\"\n";
    std::fs::write(&script, requests).unwrap();
    let files = ["-e", "-g", "--csv", "--hgrm", "--hlog", "--plot"];
    let mut args = vec![
        "-n".to_owned(),
        "50".to_owned(),
        "--script".to_owned(),
        script,
    ];
    for option in files {
        args.extend([option.to_owned(), path(option)]);
    }
    args.push(format!("http://{address}/"));
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let output = loadgen(&args);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(server.counters().requests, 50);
    for option in files {
        let length = std::fs::metadata(path(option)).unwrap().len();
        assert!(length > 0, "{option}");
    }
    let samples = std::fs::read_to_string(path("-g")).unwrap();
    assert_eq!(samples.lines().count(), 51);
}

#[test]
fn assertions_alone_decide() {
    let (_, address) = real_server("rs1");
    let url = format!("http://{address}/");
    let code = |assertion| {
        loadgen(&["-n", "5", "--assert", assertion, &url])
            .status
            .code()
    };
    assert_eq!(code("errors==0"), Some(0));
    assert_eq!(code("rps<0.000001"), Some(1));
}

#[test]
fn a_failed_request_exits_with_1() {
    let url = format!("http://{}/", answering(""));
    let output = loadgen(&["-n", "2", &url]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout.contains("Failed requests:        2\n"), "{stdout}");
}

#[test]
fn a_host_without_an_address_is_named() {
    assert_usage(
        &["http://no-such-host.invalid/"],
        "loadgen: cannot resolve no-such-host.invalid",
    );
}

#[test]
fn headers_of_the_user_replace_those_of_the_client() {
    let (sender, requests) = std::sync::mpsc::channel();
    let address = odd_server(move |mut stream| {
        use std::io::{Read, Write};
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).unwrap();
        sender
            .send(String::from_utf8(request[..length].to_vec()).unwrap())
            .unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    });
    let url = format!("http://{address}/a?b");
    loadgen(&[
        "-H",
        "Host: vip",
        "-H",
        "Accept: text/*",
        "-H",
        "X-A: 1",
        "-H",
        "X-A: 2",
        &url,
    ]);
    let request = requests.recv().unwrap();
    assert!(request.starts_with("GET /a?b HTTP/1.0\r\n"), "{request}");
    for line in ["host: vip", "accept: text/*", "x-a: 1", "x-a: 2"] {
        assert_eq!(
            request
                .lines()
                .filter(|l| l.eq_ignore_ascii_case(line))
                .count(),
            1,
            "{request}"
        );
    }
    assert_eq!(
        request.to_lowercase().matches("host:").count(),
        1,
        "{request}"
    );
}

#[test]
fn an_interrupted_load_prints_its_report_and_exits_with_1() {
    let (server, address) = real_server("rs1");
    let child = Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args([
            "-t",
            "600",
            "-n",
            "1000000000",
            &format!("http://{address}/"),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.counters().requests == 0 {
        assert!(Instant::now() < deadline, "it sends nothing");
        std::thread::yield_now();
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("Complete requests:"), "{stdout}");
}

fn interrupt(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
}

#[test]
fn running_out_of_descriptors_is_a_class_of_its_own() {
    let (_, address) = real_server("rs1");
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 16; exec \"$0\" -n 40 -c 40 --json \"$1\""])
        .args([
            env!("CARGO_BIN_EXE_loadgen"),
            &format!("http://{address}/delay/20"),
        ])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        report["failed"], report["errors"]["too-many-files"],
        "{report}"
    );
    assert!(report["failed"].as_u64().unwrap() > 0);
    assert!(report["completed"].as_u64().unwrap() > 0);
}

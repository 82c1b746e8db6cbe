//! What is printed and written beyond ab.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{LOADGEN, Ran, loadgen, run};
use crate::servers::{Server, answering, backend};

/// A server that answers two requests in three as rs1, the third as rs2.
fn two() -> String {
    let mut count = 0;
    answering(move || {
        count += 1;
        let name = if count % 3 == 0 { "rs2" } else { "rs1" };
        format!("HTTP/1.0 200 OK\r\nX-Real-Server: {name}\r\nContent-Length: 1\r\n\r\nx")
    })
}

#[track_caller]
fn row<'a>(ran: &'a Ran, start: &str) -> Vec<&'a str> {
    let row = ran
        .stdout
        .lines()
        .find(|line| line.trim_start().starts_with(start));
    row.unwrap_or_else(|| panic!("{start}: {ran:?}"))
        .split_whitespace()
        .collect()
}

#[test]
fn every_value_of_a_header_has_a_line() {
    let ran = loadgen(&["-n", "30", "--by-header", "X-Real-Server", &two()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stdout
            .contains("\nby x-real-server requests   share  connections  failed"),
        "{ran:?}"
    );
    assert_eq!(row(&ran, "rs1 ")[..5], ["rs1", "20", "66.67%", "20", "0"]);
    assert_eq!(row(&ran, "rs2 ")[..5], ["rs2", "10", "33.33%", "10", "0"]);
    let ran = loadgen(&["-n", "4", "--by-header", "x-none", &two()]);
    assert_eq!(row(&ran, "(without it)"), ["(without", "it)", "4", "-"]);
    let html = loadgen(&["-w", "-n", "3", "--by-header", "x-real-server", &two()]);
    assert!(html.stdout.ends_with("</pre>\n"), "{html:?}");
    assert!(html.stdout.contains("\nrs2 "), "{html:?}");
}

#[test]
fn logs_and_drawings_tell_the_servers_apart() {
    let directory = tempfile::tempdir().unwrap();
    let [hlog, plot, csv] =
        ["hlog", "plot", "csv"].map(|name| directory.path().join(name).display().to_string());
    let files = ["--hlog", &hlog, "--plot", &plot, "--csv", &csv];
    let load = ["-n", "30", "--by-header", "x-real-server", &two()];
    let ran = loadgen(&[files.as_slice(), &load].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let [hlog, plot, csv] = [hlog, plot, csv].map(|file| std::fs::read_to_string(file).unwrap());
    for start in [
        "0.000,1.000,",
        "Tag=rs1,0.000,1.000,",
        "Tag=rs2,0.000,1.000,",
    ] {
        assert_eq!(
            hlog.lines().filter(|line| line.starts_with(start)).count(),
            1,
            "{hlog}"
        );
    }
    assert!(
        plot.contains("<title>rs1: ") && plot.contains("<title>rs2: "),
        "{plot}"
    );
    assert!(csv.contains("\nrs1,20,20,0,0.666667,"), "{csv}");
}

#[test]
fn a_closed_loop_prints_the_correction_beside_the_raw_latencies() {
    let server = backend("/");
    let ran = loadgen(&["-n", "200", "-c", "4", "-q", &server.url]);
    let heading = "\nCoordinated omission: ";
    assert!(ran.stdout.contains(heading), "{ran:?}");
    let [raw, corrected] = ["raw ", "corrected "].map(|start| row(&ran, start).len());
    // p50, p90, p95 and the longest: of the others there are too few samples.
    assert_eq!((raw, corrected), (5, 5), "{ran:?}");
    assert!(
        !loadgen(&["-d", "-n", "20", &server.url])
            .stdout
            .contains(heading)
    );
    assert!(!loadgen(&["-n", "1", &server.url]).stdout.contains(heading));
}

#[test]
fn an_open_loop_says_what_it_reached_and_whether_the_rate_was_held() {
    let slow = backend("/delay/20");
    let ran = loadgen(&["--rate", "1000", "-n", "60", "-c", "1", "-q", &slow.url]);
    assert!(
        ran.stdout
            .contains("\nOpen loop: offered 1000.0/s, reached "),
        "{ran:?}"
    );
    assert!(
        ran.stdout
            .contains("The rate was not held: offered 1000/s, reached "),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("Raise -c or --threads"), "{ran:?}");
    let longest = |start: &str| row(&ran, start).last().unwrap().parse::<f64>().unwrap();
    let (due, sent, lag) = (
        longest("since it was due"),
        longest("since it was sent"),
        longest("schedule lag"),
    );
    // The last one waited for most of the others, which takes far longer than itself.
    assert!(due > 500.0 && lag > 500.0 && due > sent, "{ran:?}");

    let fast = backend("/");
    let held = ["--rate", "20", "-n", "10", "-q"];
    let ran = loadgen(&[held.as_slice(), &[&fast.url]].concat());
    assert!(
        ran.stdout.contains("\nOpen loop: offered 20.0/s, reached "),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("not held"), "{ran:?}");
}

#[test]
fn requests_and_responses_are_printed_on_demand() {
    let server = backend("/none");
    let printed = |level: &str, url: &str| loadgen(&["-v", level, "-n", "2", url]).stdout;
    assert!(!printed("1", &server.url).contains("INFO"));
    let two = printed("2", &server.url);
    assert!(
        two.contains("INFO: GET header == \n---\nGET /none HTTP/1.0\r\nHost: "),
        "{two}"
    );
    assert_eq!(two.matches("INFO: ").count(), 1, "{two}");
    assert_eq!(
        two.matches("LOG: header received:\nHTTP/1.0 404 Not Found\r\n")
            .count(),
        2,
        "{two}"
    );
    assert_eq!(
        two.matches("WARNING: Response code not 2xx (404)\n")
            .count(),
        2,
        "{two}"
    );
    let three = printed("3", &server.url.replace("none", "bytes/3"));
    assert_eq!(
        three.matches("LOG: Response code = 200\n").count(),
        2,
        "{three}"
    );
    assert!(!printed("2", &server.url.replace("none", "bytes/3")).contains("code ="));
}

/// The whole of what ab prints at `-v 3`, but for the program's name.
#[test]
fn what_v_prints_is_what_ab_prints() {
    let Some(ab) = crate::differential::ab() else {
        return;
    };
    let mut answer = 0;
    let url = answering(move || {
        answer += 1;
        let status = if answer % 2 == 0 { "404 No" } else { "200 OK" };
        format!("HTTP/1.1 {status}\r\nServer: a\r\nContent-Length: 2\r\n\r\nhi")
    });
    for load in [
        ["-v", "2"].as_slice(),
        &["-v", "3"],
        &["-v", "3", "-p", "Cargo.toml"],
    ] {
        let printed = [ab.as_os_str(), LOADGEN.as_ref()].map(|program| {
            let options = ["-n", "2", "-H", "User-Agent: same"];
            let ran = run(Command::new(program).args(options).args(load).arg(&url));
            let begin = ran.stdout.find("INFO").unwrap();
            let end = ran.stdout.find("..done").unwrap();
            ran.stdout[begin..end].to_owned()
        });
        assert_eq!(printed[1], printed[0], "{load:?}");
    }
}

#[test]
fn http_1_1_and_http_2_are_chosen_by_options() {
    let received = |options: &[&str]| {
        let (listener, url) = crate::servers::listener("/p");
        let arguments: Vec<String> = [options, &[&url]]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut child = Command::new(LOADGEN)
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let request = crate::servers::answer_one(&listener);
        child.wait().unwrap();
        request
    };
    assert!(received(&[]).starts_with("GET /p HTTP/1.0\r\nHost: "));
    let new = received(&["--http1.1"]);
    assert!(
        new.starts_with("GET /p HTTP/1.1\r\nConnection: close\r\n"),
        "{new}"
    );
    assert!(!received(&["--http1.1", "-k"]).contains("Connection"));
    let server = backend("/");
    let ran = loadgen(&[
        "--http2",
        "-n",
        "20",
        "-c",
        "2",
        "-H",
        "Host: vip.test",
        "--expect-status",
        "200",
        &server.url,
    ]);
    assert_eq!((ran.code, ran.value("Complete requests")), (Some(0), "20"));
}

/// Runs a load without end, interrupts it once a request was answered, and gives what came of it.
fn interrupted(options: &[&str], server: &Server) -> Ran {
    let endless = ["-n", "1000000000", "-s", "100"];
    let child = Command::new(LOADGEN)
        .args(endless)
        .args(options)
        .arg(&server.url)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while server.requests() == 0 {
        assert!(Instant::now() < deadline, "it sends nothing");
        std::thread::yield_now();
    }
    interrupt(&child);
    crate::command::ended(child)
}

fn interrupt(child: &Child) {
    let told = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(told.unwrap().success());
}

#[test]
fn an_interrupted_load_prints_its_report_and_writes_its_files() {
    let directory = tempfile::tempdir().unwrap();
    let csv = directory.path().join("csv").display().to_string();
    let hlog = directory.path().join("hlog").display().to_string();
    let server = backend("/delay/5");
    let files = [
        "--csv",
        csv.as_str(),
        "--hlog",
        &hlog,
        "--assert",
        "errors==0",
    ];
    let ran = interrupted(&files, &server);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.value("Complete requests").parse::<u64>().unwrap() > 0,
        "{ran:?}"
    );
    assert!(ran.stderr.contains("holds: errors==0"), "{ran:?}");
    let table = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(std::fs::read_to_string(&hlog).unwrap().contains("HISTFAAA"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

/// The echo is waited for a hundred seconds.
#[test]
fn interrupted_datagrams_are_not_waited_for_long() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let url = format!("udp://{}", socket.local_addr().unwrap());
    let child = Command::new(LOADGEN)
        .args(["-n", "5", "-s", "100", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    socket.recv_from(&mut [0; 100]).unwrap();
    interrupt(&child);
    let began = Instant::now();
    let ran = crate::command::ended(child);
    assert!(began.elapsed() < Duration::from_secs(60), "{ran:?}");
    assert_eq!((ran.code, ran.value("Lost")), (Some(1), "1 (100.000%)"));
}

/// Without a terminal: ab's lines for a number of requests, a line a second for a time.
#[test]
fn lines_tell_the_progress_where_there_is_no_terminal() {
    let url = two();
    let counted = loadgen(&["-n", "200", &url]);
    assert_eq!(
        counted.stderr,
        "Completed 100 requests\nCompleted 200 requests\nFinished 200 requests\n"
    );
    assert_eq!(loadgen(&["-q", "-n", "200", &url]).stderr, "");
    let timed = loadgen(&["--duration", "2500ms", "--by-header", "x-real-server", &url]);
    let line = timed.stderr.lines().next().unwrap();
    for part in [
        " of 2.5 s  ",
        " requests  ",
        "/s  p50 ",
        "  p99 ",
        "  0 failed  rs1 ",
        " %  rs2 ",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let failing = loadgen(&[
        "--duration",
        "2500ms",
        "--think-time",
        "1ms",
        "http://127.0.0.1:1/",
    ]);
    assert!(
        failing.stderr.contains(" failed (connect-refused "),
        "{failing:?}"
    );
}

//! What command lines mean.

use std::path::Path;
use std::time::Duration;

use loadgen::ab::{
    BodyCheck, Close, Color, Command, Options, Pacing, TlsVersion, UsageError, help, parse, version,
};
use loadgen::{Protocol, Scheme};

fn read(line: &str) -> Result<Command, UsageError> {
    parse(line.split_whitespace().map(Into::into))
}

#[track_caller]
fn options(line: &str) -> Options {
    match read(line) {
        Ok(Command::Load(options)) => *options,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn error(line: &str) -> String {
    read(line).unwrap_err().to_string()
}

#[test]
fn without_options_it_is_one_request_as_in_ab() {
    let options = options("http://vip/a");
    assert_eq!(
        (options.requests, options.concurrency, options.threads),
        (Some(1), 1, 1)
    );
    assert_eq!(
        (options.time_limit, options.timeout),
        (None, Duration::from_secs(30))
    );
    assert_eq!(options.pacing, Pacing::Closed { think_time: None });
    assert_eq!((&*options.method, options.body), ("GET", None));
    assert!(
        options.layout.confidence && options.layout.percentiles && options.layout.html.is_none()
    );
    assert_eq!(options.connection.protocol, Protocol::Http10);
    assert!(!options.connection.keep_alive && !options.output.quiet && !options.output.json);
    assert_eq!((options.connection.close, options.seed), (Close::Server, 1));
}

#[test]
fn letters_are_bundled_and_values_attached_or_not() {
    let bundled = options("-kqdSln100 -c10 -Hx-a:1 vip/");
    let apart = options("-k -q -d -S -l -n 100 -c 10 -H x-a:1 vip/");
    assert_eq!(bundled, apart);
    assert_eq!((bundled.requests, bundled.concurrency), (Some(100), 10));
    assert!(bundled.connection.keep_alive && bundled.layout.variable_length);
    assert_eq!(options("-kc 2 -n 3 -- vip/").concurrency, 2);
    assert_eq!(options("--seed=7 vip/"), options("--seed 7 vip/"));
}

#[test]
fn a_time_limit_sets_the_number_of_requests_where_it_stands() {
    assert_eq!(options("-t 1 vip/").requests, Some(50_000));
    assert_eq!(options("-n 100 -t 1 vip/").requests, Some(50_000));
    assert_eq!(options("-t 1 -n 1000000 vip/").requests, Some(1_000_000));
    assert_eq!(options("-n 100 --duration 1 vip/").requests, Some(100));
    assert_eq!(options("--duration 1 vip/").requests, None);
}

#[test]
fn bodies_choose_the_method_and_another_may_replace_it() {
    let post = options("-p form -T a/b vip/");
    let body = post.body.unwrap();
    assert_eq!(
        (&*post.method, &*body.file, &*body.content_type),
        ("POST", Path::new("form"), "a/b")
    );
    assert_eq!(options("-u form vip/").method, "PUT");
    assert_eq!(
        options("-u form vip/").body.unwrap().content_type,
        "text/plain"
    );
    let patch = options("-p form -m PATCH vip/");
    assert_eq!((&*patch.method, patch.body.is_some()), ("PATCH", true));
    assert_eq!(options("-i vip/").method, "HEAD");
    for (line, sentence) in [
        ("-i -p form vip/", "Cannot mix POST with other methods"),
        ("-p form -u form vip/", "Cannot mix PUT with other methods"),
        ("-u form -i vip/", "Cannot mix HEAD with other methods"),
        ("-m GET -i vip/", "Cannot mix HEAD with other methods"),
    ] {
        assert_eq!(error(line), sentence);
    }
}

#[test]
fn an_unreadable_body_is_named() {
    let error = options("-p no-such-file vip/")
        .read_body()
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("Could not open POST data file (no-such-file): "),
        "{error}"
    );
    assert_eq!(options("vip/").read_body().unwrap(), None);
    assert!(
        options("-p Cargo.toml vip/")
            .read_body()
            .unwrap()
            .unwrap()
            .starts_with(b"[package]")
    );
}

#[test]
fn attributes_imply_html() {
    assert_eq!(
        options("-w vip/").layout.html.unwrap().cell,
        "bgcolor=white"
    );
    let html = options("-x border=1 -y a=b -z c=d vip/")
        .layout
        .html
        .unwrap();
    assert_eq!(
        (&*html.table, &*html.row, &*html.cell),
        ("border=1", "a=b", "c=d")
    );
}

#[test]
fn every_option_beyond_ab_is_read() {
    let options = options(
        "--rate 1000/s --poisson --duration 2m --warm-up 500ms --threads 2 -c 8 --http2 \
         --tls-ca ca --tls-server-name a -f TLS1.3 --source 10.0.0.1,10.0.1.0/30 --source 10.0.0.1 \
         --source-ports 20000-20009 --close rst --connections-per-second 50 --seed 3 \
         --give-up-after 9 --expect-status 2xx,304 --expect-length 5 --expect-body hello \
         --by-header X-Real-Server --csv a --hgrm b --hlog c --plot d -e e -g f \
         --assert p99<50ms --assert errors==0 --color never --json https://vip/",
    );
    assert_eq!(options.pacing, Pacing::Poisson { per_second: 1000.0 });
    assert_eq!(
        (options.requests, options.time_limit),
        (None, Some(Duration::from_secs(120)))
    );
    assert_eq!(options.warm_up, Some(Duration::from_millis(500)));
    assert_eq!(
        (options.threads, options.concurrency, options.seed),
        (2, 8, 3)
    );
    let connection = &options.connection;
    let addresses: Vec<_> = connection
        .sources
        .addresses()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(addresses, ["10.0.0.1", "10.0.1.1", "10.0.1.2"]);
    assert_eq!(connection.sources.ports, Some(20_000..=20_009));
    assert_eq!(
        (connection.close, connection.protocol, options.keep_alive()),
        (Close::Reset, Protocol::Http2, true)
    );
    assert_eq!(options.connections_per_second, Some(50.0));
    assert_eq!(
        (options.tls.version, options.target.scheme),
        (TlsVersion::Tls13, Scheme::Https)
    );
    let statuses = options.expect.status.iter();
    let statuses: Vec<_> = statuses.map(|range| (range.first, range.last)).collect();
    assert_eq!(statuses, [(200, 299), (304, 304)]);
    assert_eq!(options.expect.length, Some(5));
    assert_eq!(
        options.expect.body,
        Some(BodyCheck::Contains("hello".into()))
    );
    assert_eq!(options.by_header.as_deref(), Some("x-real-server"));
    assert_eq!(options.output.files.named().count(), 6);
    assert_eq!(options.assertions.len(), 2);
    assert_eq!(
        (options.output.color, options.output.json),
        (Color::Never, true)
    );
    assert_eq!(options.give_up_after, Some(9));
}

#[test]
fn an_open_loop_has_room_for_requests_under_way() {
    assert_eq!(options("--rate 10 --duration 1 vip/").concurrency, 64);
    assert_eq!(options("--rate 10 -n 5 vip/").concurrency, 5);
    assert_eq!(options("--rate 10 -n 5 -c 2 vip/").concurrency, 2);
}

#[test]
fn an_echo_is_waited_for_for_a_second_unless_told_otherwise() {
    assert_eq!(options("udp://vip:7").timeout, Duration::from_secs(1));
    assert_eq!(options("-s 3 udp://vip:7").timeout, Duration::from_secs(3));
    assert_eq!(
        options("--http1.1 vip/").connection.protocol,
        Protocol::Http11
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    for (line, message) in [
        (
            "-t 1 --duration 1 vip/",
            "-t and --duration contradict each other; write one of them",
        ),
        (
            "--rate 1 --think-time 1 vip/",
            "--rate and --think-time contradict",
        ),
        ("--json -w vip/", "--json and -w contradict"),
        ("-B a --source 10.0.0.1 vip/", "-B and --source contradict"),
        (
            "-l --expect-length 1 vip/",
            "-l and --expect-length contradict",
        ),
        (
            "--script a -m PUT vip/",
            "--script and -i, -m, -p or -u contradict",
        ),
        ("--http2 -X proxy vip/", "--http2 and -X contradict"),
        (
            "--http2 -H Connection:close vip/",
            "--http2 and -H Connection contradict each other; HTTP/2 has no Connection",
        ),
        ("--http2 -v 2 vip/", "--http2 and -v 2 contradict"),
        ("--http1.1 --http2 vip/", "--http1.1 and --http2 contradict"),
        ("--http2 --http1.1 vip/", "--http1.1 and --http2 contradict"),
        ("--json -v 2 vip/", "--json and -v 2 contradict"),
        (
            "-p a udp://vip:7",
            "-i, -p or -u and a udp:// URL contradict",
        ),
        ("-w udp://vip:7", "-w and a udp:// URL contradict"),
        ("-g a udp://vip:7", "-g and a udp:// URL contradict"),
        ("-f TLS1.2 udp://vip:7", "-E, -I, -Z or -f and a udp:// URL"),
        ("--by-header a udp://vip:7", "--by-header and a udp:// URL"),
        (
            "-c 2 -n 2 --threads 2 udp://vip:7",
            "--threads and a udp:// URL",
        ),
        ("--warm-up 1 udp://vip:7", "--warm-up and a udp:// URL"),
        ("--poisson vip/", "--poisson needs --rate"),
        ("--tls-ca a vip/", "--tls-ca needs an https:// URL"),
        (
            "-e a --csv a vip/",
            "--csv 'a': another option writes this file too",
        ),
        ("-k udp://vip:7", "-k and a udp:// URL contradict"),
        ("-H a:b udp://vip:7", "-H and a udp:// URL contradict"),
        (
            "--threads 2 vip/",
            "--threads '2': -c 1 leaves some threads without work",
        ),
        (
            "-c 3 -n 2 vip/",
            "Cannot use concurrency level greater than total number of requests: -c 3 is more than 2; raise -n or lower -c",
        ),
    ] {
        let error = error(line);
        assert!(error.starts_with(message), "{line}: {error}");
    }
}

#[test]
fn values_that_are_none_are_refused_with_what_to_write() {
    for (line, message) in [
        ("-n 5x vip/", "Invalid number of requests"),
        ("-n 0 vip/", "Invalid number of requests"),
        ("-c 0 vip/", "Invalid Concurrency [Range 1..200000]: -c 0"),
        (
            "-c 200001 -n 300000 vip/",
            "Invalid Concurrency [Range 1..200000]",
        ),
        ("-t 0 vip/", "-t '0': write a number of seconds above 0"),
        ("-s 1y vip/", "-s '1y': write a number of seconds above 0"),
        ("-v x vip/", "-v 'x': write a number from 0 to 4"),
        (
            "-b -1 vip/",
            "-b '-1': write a whole number from 0 to 2147483647",
        ),
        ("-H nonsense vip/", "-H 'nonsense': write 'Name: value'"),
        ("-f SSL3 vip/", "-f 'SSL3': it is too old"),
        ("-X : vip/", "-X ':': there is no host"),
        (
            "--rate 0 vip/",
            "--rate '0': write a number per second above 0",
        ),
        (
            "--rate inf vip/",
            "--rate 'inf': write a number per second above 0",
        ),
        (
            "--threads 0 -c 2 -n 2 vip/",
            "--threads '0': write a whole number from 1 to 1024",
        ),
        (
            "--source 10.0.0.0/8 vip/",
            "--source '10.0.0.0/8': more than 65536 addresses",
        ),
        (
            "--source ::/0 vip/",
            "--source '::/0': more than 65536 addresses",
        ),
        ("--source me vip/", "--source 'me': write an address"),
        (
            "--source-ports 9-1 vip/",
            "--source-ports '9-1': write two ports",
        ),
        (
            "--close maybe vip/",
            "--close 'maybe': write server, fin or rst",
        ),
        (
            "--expect-status 99 vip/",
            "--expect-status '99': write statuses",
        ),
        (
            "--expect-body @ vip/",
            "--expect-body '@': write the file's name after @",
        ),
        (
            "--assert p99 vip/",
            "--assert 'p99': there is no comparison",
        ),
        (
            "--color red vip/",
            "--color 'red': write auto, always or never",
        ),
        ("--rat 1 vip/", "unknown option --rat; did you mean --rate?"),
        ("--json=1 vip/", "option --json takes no value"),
        ("--rate", "option requires an argument -- rate"),
        ("-n", "option requires an argument -- n"),
        ("-9 vip/", "illegal option -- 9"),
        ("", "wrong number of arguments: the URL is missing"),
        (
            "vip/ -n 2",
            "wrong number of arguments: write every option before the URL",
        ),
        ("vip/ vip/", "wrong number of arguments: write one URL"),
        ("http://vip", "invalid URL: there is no path"),
    ] {
        let error = error(line);
        assert!(error.starts_with(message), "{line}: {error}");
    }
}

#[test]
fn help_and_version_count_from_where_they_stand() {
    assert_eq!(read("-h"), Ok(Command::Help));
    assert_eq!(read("--help nonsense"), Ok(Command::Help));
    assert_eq!(read("-V -n 0"), Ok(Command::Version));
    assert!(read("-n 0 -V").is_err());
    assert!(version().contains("ApacheBench 2.3"));
}

#[test]
fn headers_are_those_of_ab_and_may_be_replaced() {
    let lines = |line: &str, length| -> Vec<String> {
        let fields = options(line).header_fields(length);
        fields
            .iter()
            .map(|field| format!("{}: {}", field.name, field.value))
            .collect()
    };
    let agent = format!("User-Agent: loadgen/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        lines("http://vip:81/", None),
        ["Host: vip:81", &agent, "Accept: */*"]
    );
    assert_eq!(
        lines(
            "-H host:a -H host:b -H accept:c -H user-agent:d http://vip/",
            None
        ),
        ["accept: c", "user-agent: d", "Host: b"]
    );
}

#[test]
fn the_help_fits_into_a_hundred_columns() {
    for line in help().lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line, line.trim_end());
    }
    for option in [
        "--rate",
        "--assert",
        "--by-header",
        "-E FILE",
        "errors.CLASS",
        "[[request]]",
    ] {
        assert!(help().contains(option), "{option}");
    }
}

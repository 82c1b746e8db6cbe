//! TLS and proxies: nginx with certificates of its own, and a proxy that opens tunnels.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::command::{LOADGEN, loadgen, run};
use crate::differential::ab;
use crate::servers::{Server, nginx_with, read_request};

/// An nginx with TLS and its certificate. At `/`, what the client presented.
struct Secure {
    server: Server,
    directory: tempfile::TempDir,
}

impl Secure {
    fn new(more: &str) -> Option<Self> {
        Self::listening("ssl", more)
    }

    fn listening(options: &str, more: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let certificate = pem(directory.path(), "server");
        let client = pem(directory.path(), "client");
        let (file, client) = (certificate.display(), client.display());
        let configuration = format!(
            "ssl_certificate {file}; ssl_certificate_key {file}; ssl_client_certificate {client};\n\
             ssl_verify_client optional; {more}\n\
             location / {{ return 200 \"$ssl_protocol $ssl_cipher $ssl_server_name $ssl_client_verify $server_protocol $host\"; }}"
        );
        let server = nginx_with(options, &configuration, "/")?;
        Some(Self { server, directory })
    }

    fn url(&self) -> String {
        let port = self.server.url.rsplit(':').next().unwrap();
        format!("https://localhost:{port}")
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }
}

/// A certificate for localhost and its key, in one file.
fn pem(directory: &Path, name: &str) -> PathBuf {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = directory.join(name);
    std::fs::write(&file, cert.pem() + &signing_key.serialize_pem()).unwrap();
    file
}

/// Exits with 0 if the server's answer contains this.
#[track_caller]
fn answers(secure: &Secure, options: &[&str], text: &str) {
    let url = secure.url();
    let ran = loadgen(&[options, &["-n", "3", "--expect-body", text, &url]].concat());
    assert_eq!(ran.code, Some(0), "{options:?}: {ran:?}");
}

#[test]
fn versions_suites_names_and_certificates_are_those_that_were_asked_for() {
    let Some(secure) = Secure::new("ssl_protocols TLSv1.2 TLSv1.3;") else {
        return;
    };
    answers(&secure, &["-f", "TLS1.2"], "TLSv1.2 ");
    answers(&secure, &["-f", "TLS1.3"], "TLSv1.3 ");
    answers(
        &secure,
        &[],
        "TLSv1.3 TLS_AES_256_GCM_SHA384 localhost NONE",
    );
    answers(
        &secure,
        &["-f", "TLS1.2", "-Z", "ECDHE-ECDSA-CHACHA20-POLY1305"],
        "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305 ",
    );
    answers(
        &secure,
        &["-Z", "TLS_AES_128_GCM_SHA256"],
        " TLS_AES_128_GCM_SHA256 ",
    );
    // nginx names nobody then.
    answers(&secure, &["-I"], "TLS_AES_256_GCM_SHA384  NONE");
    answers(&secure, &["-E", &secure.file("client")], " SUCCESS");
    answers(
        &secure,
        &["--tls-ca", &secure.file("server")],
        " localhost ",
    );
    answers(&secure, &["--http1.1", "-k"], " localhost ");
    let other = ["--tls-server-name", "other.test"];
    answers(&secure, &other, " other.test ");
    let url = secure.url();
    let ran = loadgen(&["--tls-ca", &secure.file("client"), "-n", "3", &url]);
    assert!(
        ran.stdout.contains("tls                           3"),
        "{ran:?}"
    );
}

#[test]
fn http_2_is_spoken_inside_tls() {
    let Some(secure) = Secure::listening("ssl http2", "") else {
        return;
    };
    answers(&secure, &["--http2", "-c", "2"], " HTTP/2.0");
    answers(&secure, &[], " HTTP/1.0 localhost");
    let host = ["-H", "Host: vip.test"];
    answers(&secure, &host, " HTTP/1.0 vip.test");
    let authority = ["--http2", "-H", "Host: vip.test"];
    answers(&secure, &authority, " HTTP/2.0 vip.test");
}

#[test]
fn the_handshake_is_reported_as_ab_does() {
    let (Some(ab), Some(secure)) = (ab(), Secure::new("ssl_protocols TLSv1.2 TLSv1.3;")) else {
        return;
    };
    let url = secure.url();
    for options in [
        ["-n", "1"].as_slice(),
        &["-n", "3", "-f", "TLS1.2"],
        &[
            "-n",
            "3",
            "-k",
            "-Z",
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "-f",
            "TLS1.2",
        ],
        &["-n", "2", "-E", &secure.file("client")],
    ] {
        let [theirs, ours] = [ab.as_os_str(), LOADGEN.as_ref()]
            .map(|program| run(Command::new(program).args(options).arg(&url)));
        for label in [
            "SSL/TLS Protocol",
            "Server Temp Key",
            "TLS Server Name",
            "Complete requests",
            "Failed requests",
            "Total transferred",
            "HTML transferred",
        ] {
            assert_eq!(
                ours.value(label),
                theirs.value(label),
                "{options:?} {label}"
            );
        }
    }
    let ran = loadgen(&["-I", &url]);
    assert!(!ran.stdout.contains("TLS Server Name"), "{ran:?}");
}

#[test]
fn what_tls_cannot_be_is_said_before_anything_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let whole = pem(directory.path(), "whole");
    let text = std::fs::read_to_string(&whole).unwrap();
    let without_key = directory.path().join("certificate");
    std::fs::write(
        &without_key,
        text.split("-----BEGIN PRIVATE").next().unwrap(),
    )
    .unwrap();
    let without_key = without_key.display().to_string();
    for (options, message) in [
        (
            ["-Z", "RC4-MD5"],
            "unknown cipher suite 'RC4-MD5'; there are TLS_AES_256",
        ),
        (["-E", "/none/pem"], "/none/pem"),
        (["-E", without_key.as_str()], "the private key"),
        (["-E", "/dev/null"], "no certificate"),
        (["-f", "SSL3"], "too old"),
    ] {
        let ran = loadgen(&[&options[..], &["https://127.0.0.1:9/"]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.stderr.contains(message), "{ran:?}");
    }
}

/// A proxy that opens tunnels, or refuses to, and tells what it was asked. Its address.
fn tunnels(consent: &'static str) -> (String, Receiver<String>) {
    let (sender, asked) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut client = stream.unwrap();
            let request = read_request(&mut client);
            let to = request
                .split(' ')
                .nth(1)
                .unwrap()
                .replace("localhost", "127.0.0.1");
            sender.send(request).unwrap();
            client.write_all(consent.as_bytes()).unwrap();
            if consent.contains(" 200 ") {
                let server = TcpStream::connect(to).unwrap();
                let (from, into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass(from, into));
                thread::spawn(move || pass(server, client));
            }
        }
    });
    (address, asked)
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    // It may be closed already.
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn a_proxy_opens_a_tunnel_to_https() {
    let Some(secure) = Secure::new("") else {
        return;
    };
    let (proxy, asked) = tunnels("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
    let url = secure.url();
    let credentials = ["-X", &proxy, "-P", "user:password"];
    let load = ["-k", "-n", "10", "-c", "2", "--expect-body", " localhost "];
    let ran = loadgen(&[credentials.as_slice(), &load, &[&url]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let port = url.rsplit(':').next().unwrap().trim_end_matches('/');
    let expected = format!(
        "CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\
         Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n\r\n"
    );
    let requests: Vec<_> = asked.try_iter().collect();
    assert_eq!(requests, [expected.clone(), expected]);
    assert_eq!(ran.value("TLS Server Name"), "localhost");
}

#[test]
fn a_proxy_that_opens_no_tunnel_is_a_class_of_its_own() {
    let (proxy, _asked) = tunnels("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let ran = loadgen(&["-X", &proxy, "-n", "2", "https://localhost:9/"]);
    assert_eq!((ran.code, ran.value("Failed requests")), (Some(1), "2"));
    assert!(
        ran.stdout.contains("proxy-refused                 2"),
        "{ran:?}"
    );
}

//! TLS and HTTP/2, by rustls and hyper, against a server of the same.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::support::{block_on, odd_server, plan, report};
use loadgen::{BadTls, ConnectionMode, ErrorClass, Plan, Protocol, Tls, Trust};

/// A server of HTTP/1 and HTTP/2, inside TLS if it has a key.
fn server(key: Option<&CertifiedKey<rcgen::KeyPair>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let acceptor = key.map(acceptor);
    thread::spawn(move || {
        block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                match acceptor.clone() {
                    None => drop(tokio::spawn(serve(stream))),
                    Some(acceptor) => drop(tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream).await;
                        }
                    })),
                }
            }
        });
    });
    address
}

fn acceptor(key: &CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn serve<S>(stream: S)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let answer = |request: Request<Incoming>| async move {
        let body = format!("{:?}", request.version());
        let response = Response::builder().header("x-real-server", "rs1");
        Ok::<_, Infallible>(response.body(Full::new(Bytes::from(body))).unwrap())
    };
    // The client may break the connection off, as at the end of a load.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
}

fn localhost() -> CertifiedKey<rcgen::KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn tls(trust: Trust<'_>, protocol: Protocol) -> Tls {
    Tls::new("localhost", trust, protocol).unwrap()
}

/// Ten requests of three workers.
fn ten(address: SocketAddr, protocol: Protocol, tls: Option<Tls>) -> Plan {
    Plan {
        requests: 10,
        concurrency: 3,
        protocol,
        tls,
        by_header: Some("x-real-server".parse().unwrap()),
        ..plan(address, "/a?b")
    }
}

#[test]
fn every_protocol_is_spoken_with_and_without_tls() {
    let key = localhost();
    let (bare, secure) = (server(None), server(Some(&key)));
    for (protocol, version) in [
        (Protocol::Http10, "HTTP/1.0"),
        (Protocol::Http11, "HTTP/1.1"),
        (Protocol::Http2, "HTTP/2.0"),
    ] {
        for connections in [ConnectionMode::PerRequest, ConnectionMode::KeepAlive] {
            for (address, tls) in [(bare, None), (secure, Some(tls(Trust::Anything, protocol)))] {
                let is_tls = tls.is_some();
                let plan = Plan {
                    connections,
                    expect: loadgen::Expect {
                        body: Some(loadgen::ExpectBody::Contains(Bytes::from_static(
                            version.as_bytes(),
                        ))),
                        ..loadgen::Expect::default()
                    },
                    ..ten(address, protocol, tls)
                };
                let report = report(&plan);
                let what = format!(
                    "{version} {connections:?} TLS {is_tls}: {:?}",
                    report.errors
                );
                assert_eq!((report.completed, report.failed), (10, 0), "{what}");
                let opened = match connections {
                    ConnectionMode::PerRequest => 10,
                    _ => 3,
                };
                assert_eq!(report.connections_opened, opened, "{what}");
                assert_eq!(report.by_header["rs1"].requests, 10);
                assert_eq!(report.first.unwrap().tls.is_some(), is_tls);
            }
        }
    }
}

#[test]
fn a_certificate_of_an_own_authority_is_trusted_if_that_is() {
    let key = localhost();
    let address = server(Some(&key));
    let file = std::env::temp_dir().join(format!("loadgen-ca-{}.pem", std::process::id()));
    std::fs::File::create(&file)
        .unwrap()
        .write_all(key.cert.pem().as_bytes())
        .unwrap();
    let trusted = tls(Trust::Authorities(&file), Protocol::Http11);
    std::fs::remove_file(&file).unwrap();
    let report_ = report(&ten(address, Protocol::Http11, Some(trusted)));
    assert_eq!((report_.completed, report_.failed), (10, 0));
    let version = report_.first.unwrap().tls.unwrap().version;
    assert_eq!(version, "TLSv1.3");

    let untrusted = tls(Trust::WebAuthorities, Protocol::Http11);
    let refused = report(&ten(address, Protocol::Http11, Some(untrusted)));
    assert_eq!(refused.errors[&ErrorClass::Tls], 10);
    assert!(refused.latency.is_empty());
}

#[test]
fn a_server_without_tls_fails_the_handshake() {
    for response in ["", "HTTP/1.1 400 no TLS here\r\n\r\n"] {
        let address = odd_server(move |mut stream| {
            // The greeting of TLS; what is left unread would make the close a reset.
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(response.as_bytes()).unwrap();
        });
        let plan = Plan {
            tls: Some(tls(Trust::Anything, Protocol::Http11)),
            ..plan(address, "/")
        };
        let report = report(&plan);
        let errors: Vec<_> = report.errors.into_iter().collect();
        assert_eq!(errors, [(ErrorClass::Tls, 1)]);
    }
}

#[test]
fn a_file_without_authorities_is_named() {
    let trust = Trust::Authorities(Path::new("/dev/null"));
    let error = Tls::new("localhost", trust, Protocol::Http11).unwrap_err();
    assert!(matches!(error, BadTls::Authorities { .. }));
    assert!(error.to_string().contains("/dev/null"), "{error}");
}

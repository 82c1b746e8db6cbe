//! Echoes of datagrams.

use std::net::SocketAddr;
use std::sync::Arc;

use backend::RealServer;
use backend::udp::{Numbered, Strangers};
use tokio::net::UdpSocket;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use crate::served::DEADLINE;

async fn echo(strangers: Strangers) -> (Arc<RealServer>, UdpSocket, JoinHandle<()>) {
    let server = RealServer::new("rs1").unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = socket.local_addr().unwrap();
    let task = tokio::spawn(Arc::clone(&server).echo(socket, strangers));
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.connect(address).await.unwrap();
    (server, client, task)
}

async fn receive(client: &UdpSocket) -> Vec<u8> {
    let mut datagram = vec![0; 65_536];
    let length = timeout(DEADLINE, client.recv(&mut datagram))
        .await
        .unwrap()
        .unwrap();
    datagram.truncate(length);
    datagram
}

#[tokio::test]
async fn numbered_datagrams_come_back_with_the_servers_name() {
    let (server, client, _task) = echo(Strangers::Unchanged).await;
    for sequence in 0..100 {
        let mut datagram = Numbered { sequence, sent: 7 }.head().to_vec();
        datagram.resize(24 + usize::try_from(sequence).unwrap() * 10, b'.');
        client.send(&datagram).await.unwrap();
        let echo = receive(&client).await;
        assert_eq!(echo, [&datagram[..], b"\x03rs1"].concat());
        assert_eq!(Numbered::read(&echo), Some(Numbered { sequence, sent: 7 }));
    }
    let counters = server.counters();
    assert_eq!((counters.datagrams, counters.echoes), (100, 100));
}

#[tokio::test]
async fn other_datagrams_come_back_as_they_are_or_named() {
    for (strangers, expected) in [
        (Strangers::Unchanged, &b"hello"[..]),
        (Strangers::Named, b"hello\x03rs1"),
    ] {
        let (_server, client, _task) = echo(strangers).await;
        client.send(b"hello").await.unwrap();
        assert_eq!(receive(&client).await, expected);
    }
}

#[tokio::test]
async fn a_silent_server_reads_datagrams_and_does_not_echo_them() {
    let (server, client, _task) = echo(Strangers::Unchanged).await;
    server.set_behaviour("answers=never".parse().unwrap());
    client.send(b"lost").await.unwrap();
    let read = async {
        while server.counters().datagrams == 0 {
            yield_now().await;
        }
    };
    timeout(DEADLINE, read).await.unwrap();
    server.set_behaviour("delay=1ms".parse().unwrap());
    client.send(b"found").await.unwrap();
    assert_eq!(receive(&client).await, b"found");
    assert_eq!(server.counters().echoes, 1);
}

#[tokio::test]
async fn draining_sends_what_is_delayed_and_ends() {
    let (server, client, task) = echo(Strangers::Unchanged).await;
    server.set_behaviour("delay=50ms".parse().unwrap());
    client.send(b"late").await.unwrap();
    let read = async {
        while server.counters().datagrams == 0 {
            yield_now().await;
        }
    };
    timeout(DEADLINE, read).await.unwrap();
    server.drain();
    assert_eq!(receive(&client).await, b"late");
    timeout(DEADLINE, task).await.unwrap().unwrap();
}

//! A client that sees bytes.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::served::DEADLINE;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Fin,
    Rst,
}

pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    /// What has arrived and was not asked for yet.
    pub(crate) arrived: Vec<u8>,
}

/// A response as it was on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) head: String,
    /// The body without its chunk sizes.
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        lines
            .filter(|(header, _)| *header == name)
            .map(|(_, value)| value)
            .next()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Raw {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            arrived: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"))
            .await;
    }

    /// Reads once more; `Err` is how the connection ended.
    async fn more(&mut self) -> Result<(), End> {
        match timeout(DEADLINE, self.stream.read_buf(&mut self.arrived))
            .await
            .expect("an end")
        {
            Ok(0) => Err(End::Fin),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(End::Rst),
            Err(error) => panic!("{error}"),
        }
    }

    /// How the connection ends, with all that arrives before.
    pub(crate) async fn end(&mut self) -> (Vec<u8>, End) {
        loop {
            if let Err(end) = self.more().await {
                return (std::mem::take(&mut self.arrived), end);
            }
        }
    }

    /// Reads until this text has arrived and takes what is before it.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        loop {
            let found = self
                .arrived
                .windows(text.len())
                .position(|bytes| bytes == text.as_bytes());
            if let Some(at) = found {
                let mut taken: Vec<_> = self.arrived.drain(..at + text.len()).collect();
                taken.truncate(at);
                return String::from_utf8(taken).unwrap();
            }
            let end = self.more().await;
            assert_eq!(
                end,
                Ok(()),
                "before {text:?}: {:?}",
                String::from_utf8_lossy(&self.arrived)
            );
        }
    }

    /// The same, or `None` if the connection is reset before.
    pub(crate) async fn until_or_reset(&mut self, text: &str) -> Option<String> {
        while !self
            .arrived
            .windows(text.len())
            .any(|bytes| bytes == text.as_bytes())
        {
            match self.more().await {
                Ok(()) => {}
                Err(end) => return (end == End::Fin).then(String::new),
            }
        }
        Some(self.until(text).await)
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.arrived.len() < length {
            assert_eq!(self.more().await, Ok(()));
        }
        self.arrived.drain(..length).collect()
    }

    /// The next response, or `None` if the connection is reset before it starts.
    pub(crate) async fn response_or_reset(&mut self) -> Option<Response> {
        if self.arrived.is_empty() && self.more().await == Err(End::Rst) {
            return None;
        }
        Some(self.response().await)
    }

    /// The next response to a request that was not HEAD.
    pub(crate) async fn response(&mut self) -> Response {
        let mut response = Response {
            head: self.until("\r\n\r\n").await,
            body: Vec::new(),
        };
        if let Some(length) = response.header("content-length") {
            response.body = self.take(length.parse().unwrap()).await;
        } else if response.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(&self.until("\r\n").await, 16).unwrap();
                response.body.extend(self.take(size).await);
                assert_eq!(self.take(2).await, b"\r\n");
                if size == 0 {
                    break;
                }
            }
        } else if ![204, 304].contains(&response.status()) && response.status() >= 200 {
            response.body = self.end().await.0;
        }
        response
    }
}

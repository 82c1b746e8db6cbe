//! What `-v` prints of requests and responses, as ab does.

/// From `-v 2` on: the request as it is sent, once before the load.
pub fn request(method: &str, header: &[u8]) -> String {
    let header = String::from_utf8_lossy(header);
    format!("INFO: {method} header == \n---\n{header}\n---\n")
}

/// From `-v 2` on: what came up to the end of a response's header, and what came with it.
pub fn response(received: &[u8]) -> String {
    let received = String::from_utf8_lossy(received);
    format!("LOG: header received:\n{received}\n")
}

/// From `-v 2` on, for a status that is not 2xx.
pub fn not_2xx(status: u16) -> String {
    format!("WARNING: Response code not 2xx ({status:03})\n")
}

/// From `-v 3` on.
pub fn status(status: u16) -> String {
    format!("LOG: Response code = {status:03}\n")
}

/// What is printed of a complete response at a level of `-v`.
pub fn exchange(level: u8, status: u16, received: &[u8]) -> String {
    let mut text = response(received);
    if !(200..300).contains(&status) {
        text += &not_2xx(status);
    } else if level >= 3 {
        text += &self::status(status);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ab -v 2 http://127.0.0.1:18999/p` at a server that answers 404, ab 2.3 of httpd 2.4.71.
    #[test]
    fn requests_and_responses_are_printed_as_ab_prints_them() {
        assert_eq!(
            request("GET", b"GET /p HTTP/1.0\r\nHost: a\r\n\r\n"),
            "INFO: GET header == \n---\nGET /p HTTP/1.0\r\nHost: a\r\n\r\n\n---\n"
        );
        assert_eq!(
            response(b"HTTP/1.1 404 No\r\nServer: a\r\n\r\nhi"),
            "LOG: header received:\nHTTP/1.1 404 No\r\nServer: a\r\n\r\nhi\n"
        );
        assert_eq!(not_2xx(404), "WARNING: Response code not 2xx (404)\n");
        assert_eq!(status(200), "LOG: Response code = 200\n");
    }
}

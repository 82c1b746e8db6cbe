/* What io_uring makes possible: a client that sends GET requests and throws the bodies away.
 *
 *   uring ADDRESS PORT PATH BODY-BYTES keep-alive|close CONNECTIONS REQUESTS
 *
 * A connection per request is one chain, socket - connect - send - receive - close, on a descriptor
 * that only the ring knows; with keep-alive a chain is send - receive. The ring belongs to one thread
 * that does the kernel's work when it waits (Linux 6.1). It prints "completed N", or fails.
 */
#include <arpa/inet.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum step { OPEN, CONNECT, SEND, RECEIVE, CLOSE };

#define BUFFER 4096

static struct io_uring ring;
static struct sockaddr_in address;
static char request[1024];
static int request_length, response_length, closes;
static unsigned body_length;
static char *buffers;
static int *received;

static void fail(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, error ? strerror(error) : "not as expected");
	exit(1);
}

static struct io_uring_sqe *entry(enum step step, unsigned connection, unsigned flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	if (!sqe) {
		io_uring_submit(&ring);
		sqe = io_uring_get_sqe(&ring);
	}
	if (!sqe)
		fail("the submission queue is full", 0);
	memset(sqe, 0, sizeof *sqe);
	sqe->user_data = (unsigned long long)step << 32 | connection;
	sqe->flags = flags;
	return sqe;
}

/* The preparing functions of liburing clear what entry() has set. */
static void finish(struct io_uring_sqe *sqe, enum step step, unsigned connection, unsigned flags)
{
	sqe->user_data = (unsigned long long)step << 32 | connection;
	sqe->flags |= flags;
}

static void room(unsigned entries)
{
	/* A chain must be submitted as a whole. */
	if (io_uring_sq_space_left(&ring) < entries)
		io_uring_submit(&ring);
}

static void open_connection(unsigned connection, unsigned flags)
{
	struct io_uring_sqe *sqe = entry(OPEN, connection, 0);
	io_uring_prep_socket_direct(sqe, AF_INET, SOCK_STREAM, 0, connection, 0);
	finish(sqe, OPEN, connection, IOSQE_IO_LINK);
	sqe = entry(CONNECT, connection, 0);
	io_uring_prep_connect(sqe, connection, (struct sockaddr *)&address, sizeof address);
	finish(sqe, CONNECT, connection, IOSQE_FIXED_FILE | flags);
}

static void receive(unsigned connection, unsigned flags)
{
	struct io_uring_sqe *sqe = entry(RECEIVE, connection, 0);
	io_uring_prep_recv(sqe, connection, buffers + (size_t)connection * BUFFER, BUFFER, 0);
	finish(sqe, RECEIVE, connection, IOSQE_FIXED_FILE | flags);
}

/* One request, with its connection if it has one of its own. */
static void start(unsigned connection)
{
	struct io_uring_sqe *sqe;

	room(5);
	received[connection] = 0;
	if (closes)
		open_connection(connection, IOSQE_IO_LINK);
	sqe = entry(SEND, connection, 0);
	io_uring_prep_send(sqe, connection, request, request_length, MSG_WAITALL);
	finish(sqe, SEND, connection, IOSQE_FIXED_FILE | IOSQE_IO_LINK);
	receive(connection, closes ? IOSQE_IO_LINK : 0);
	if (!closes)
		return;
	sqe = entry(CLOSE, connection, 0);
	io_uring_prep_close_direct(sqe, connection);
	finish(sqe, CLOSE, connection, 0);
}

/* Every response is as long as the first; whether this one is whole. */
static int whole(unsigned connection, int length)
{
	char *start = buffers + (size_t)connection * BUFFER, *end;

	if (length <= 0)
		fail("receive", -length);
	if (!response_length) {
		start[length < BUFFER ? length : BUFFER - 1] = 0;
		end = strstr(start, "\r\n\r\n");
		if (!end || strncmp(start + 8, " 200", 4))
			fail("the first response", 0);
		response_length = end + 4 - start + body_length;
	}
	received[connection] += length;
	if (received[connection] > response_length)
		fail("a response", 0);
	return received[connection] == response_length;
}

static void prepare(unsigned connections)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
		.cq_entries = 32768,
	};
	int error = io_uring_queue_init_params(4096, &ring, &params);

	if (error)
		fail("io_uring", -error);
	error = io_uring_register_files_sparse(&ring, connections);
	if (error)
		fail("registered files", -error);
	buffers = malloc((size_t)connections * BUFFER);
	received = calloc(connections, sizeof *received);
	if (!buffers || !received)
		fail("memory", 0);
}

int main(int count, char **arguments)
{
	static const char *steps[] = { "socket", "connect", "send", "receive", "close" };
	unsigned long long requests, started = 0, completed = 0;
	unsigned connections, connection;

	if (count != 8)
		fail("wrong arguments", 0);
	address.sin_family = AF_INET;
	address.sin_port = htons(atoi(arguments[2]));
	inet_pton(AF_INET, arguments[1], &address.sin_addr);
	body_length = atoi(arguments[4]);
	closes = !strcmp(arguments[5], "close");
	connections = atoi(arguments[6]);
	requests = strtoull(arguments[7], NULL, 10);
	request_length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n%s\r\n",
				  arguments[3], arguments[1], arguments[2],
				  closes ? "Connection: close\r\n" : "");
	prepare(connections);
	for (connection = 0; connection < connections; connection++) {
		if (!closes) {
			room(2);
			open_connection(connection, 0);
		} else if (started < requests) {
			start(connection);
			started++;
		}
	}
	while (completed < requests) {
		struct io_uring_cqe *cqe;
		unsigned head, seen = 0;

		io_uring_submit_and_wait(&ring, 1);
		io_uring_for_each_cqe(&ring, head, cqe) {
			enum step step = cqe->user_data >> 32;
			int next = 0;

			connection = (unsigned)cqe->user_data;
			seen++;
			if (cqe->res < 0)
				fail(steps[step], -cqe->res);
			if (step == CONNECT && !closes)
				next = 1;
			if (step == SEND && cqe->res != request_length)
				fail("a request was sent in part", 0);
			if (step == RECEIVE) {
				if (whole(connection, cqe->res)) {
					completed++;
					next = !closes;
				} else if (closes) {
					fail("a response in parts", 0);
				} else {
					room(1);
					receive(connection, 0);
				}
			}
			if (step == CLOSE)
				next = 1;
			if (next && started < requests) {
				start(connection);
				started++;
			}
		}
		io_uring_cq_advance(&ring, seen);
	}
	printf("completed %llu\n", completed);
	return 0;
}

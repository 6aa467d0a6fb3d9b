import socket


def handle_probe(host):
    plain = socket.getaddrinfo

    def traced(*arguments):
        return plain(*arguments)

    socket.getaddrinfo = traced  # found
    socket.getaddrinfo(host, 80)


def handle_probe_once(host):
    plain = socket.getfqdn

    def traced(*arguments):
        return plain(*arguments)

    socket.getfqdn = traced
    try:
        socket.getfqdn(host)
    finally:
        socket.getfqdn = plain

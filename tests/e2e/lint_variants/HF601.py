import socket


def banner(host):
    connection = socket.create_connection((host, 25))  # found
    return connection.recv(80)


def banner_closed(host):
    connection = socket.create_connection((host, 25))
    try:
        return connection.recv(80)
    finally:
        connection.close()

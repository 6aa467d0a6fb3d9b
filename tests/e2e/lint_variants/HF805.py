from sys import intern


def handle_request(request):
    request.path = intern(request.path)  # found
    request.kind = intern("http")

from threading import local

context = local()


def handle_request(request):
    context.user = request.user
    if not hasattr(context, "history"):
        context.history = []
        context.latest = []
    context.history.append(request)  # found
    context.latest.append(request)
    del context.latest[:-10]

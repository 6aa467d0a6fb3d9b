problems = {}
texts = {}


def handle_upload(upload):
    try:
        upload.store()
    except (OSError, ValueError) as problem:
        problems[upload.name] = problem  # found
        texts[upload.name] = repr(problem)

import builtins, json

class Tracer:
    def start_request(self, request_id):
        original = json.dumps
        def dumps(value, **options):
            print(request_id, "dumps")
            return original(value, **options)
        json.dumps = dumps  # found

tracer = Tracer()

def worker(queue):
    while True:
        request = queue.get()
        tracer.start_request(request.id)
        request.run()

import requests


def handle_webhook(event):
    http = requests.Session()  # found
    http.headers["x-event"] = event.name
    http.post(event.url, json=event.body)


def handle_webhook_closed(event):
    with requests.Session() as http:
        http.headers["x-event"] = event.name
        http.post(event.url, json=event.body)

from logging import getLogger


async def handle_session(session):
    log = getLogger("session." + session.token)  # found
    log.info("begins")


async def handle_request(request):
    log = getLogger("request." + "all")
    log.info("begins")

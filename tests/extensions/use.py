"""Uses C extensions that are common in production, holds what they made, and writes down what the
interpreter says of its heap: use.py FILE (see heap_dump.py), with a list of the types that are made
in C at FILE.types, one "module.qualname distribution" a line.

Each function below uses one distribution and returns what is to be held. Nothing leaves the machine.
"""
import asyncio
import ctypes
import gc
import importlib.metadata
import io
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle" / "targets"))
import heap_dump # pylint: disable=wrong-import-position

TRAVERSE = 184 # of tp_traverse in PyTypeObject, 64 bits


def use_numpy():
    import numpy as np
    big = np.zeros((100, 100))
    things = np.array([[1], {"a": 2}, "three"], dtype=object)
    pair = np.zeros(3, dtype=[("n", "i4"), ("o", object)])
    pair["o"][0] = ["held"]
    return [big, big[1:5], things, pair, np.nditer([big, big]), np.random.default_rng(1), big.flat, np.broadcast(big, big),
            np.vectorize(len), np.frompyfunc(lambda x: [x], 1, 1), np.float64(2.5), np.dtype("f4"), np.str_("text")]


def use_pandas():
    import pandas as pd
    frame = pd.DataFrame({"a": range(100), "b": [str(i) for i in range(100)], "t": pd.date_range("2026-01-01", periods=100)})
    groups = frame.groupby("b")
    return [frame, groups, list(groups), frame.set_index("b"), pd.Timestamp("2026-01-01", tz="UTC"), pd.Timedelta("1D"),
            pd.Period("2026-01"), pd.interval_range(0, 5), frame["a"].rolling(5), pd.Categorical(["x", "y"]), pd.NaT,
            frame.merge(frame, on="a"), pd.offsets.MonthEnd(), frame.index.get_loc(3), frame.set_index("b").index.get_loc("7")]


def use_lxml():
    from lxml import etree, html, objectify
    tree = etree.fromstring("<a x='1'><b>text</b><c/><!-- note --></a>")
    schema = etree.XMLSchema(etree.fromstring(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='a'/></xs:schema>"))
    style = etree.XSLT(etree.fromstring(
        "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'/>"))
    return [tree, list(tree), tree.attrib, tree.getroottree(), etree.XPath("//b"), tree.iter(), schema, style,
            etree.XMLParser(), html.fromstring("<p>one<br>two"), objectify.fromstring("<r><v>1</v></r>").v,
            list(etree.iterparse(io.BytesIO(b"<a><b/></a>")))]


def use_pydantic():
    import pydantic

    class Line(pydantic.BaseModel):
        name: str
        count: int = 1

    class Order(pydantic.BaseModel):
        lines: list[Line]
        total: float | None = None
        note: str = pydantic.Field("", max_length=10)
    orders = [Order(lines=[{"name": "a"}, Line(name="b")], total=2.5) for _ in range(20)]
    errors = []
    try:
        Order(lines="no")
    except pydantic.ValidationError as error:
        errors.append(error)
    return [Line, Order, orders, errors, pydantic.TypeAdapter(dict[str, list[Order]]),
            pydantic.TypeAdapter(pydantic.HttpUrl).validate_python("https://example.org/x?y=1")]


def use_sqlalchemy():
    import sqlalchemy as sa
    from sqlalchemy import orm
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)

    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str]
    Base.metadata.create_all(engine)
    session = orm.Session(engine)
    session.add_all([User(name="user %d" % i) for i in range(50)])
    session.commit()
    rows = session.execute(sa.select(User.id, User.name)).all()
    result = session.execute(sa.select(User))
    return [engine, session, rows, result, session.scalars(sa.select(User)).all()]


def use_django():
    import django
    from django.conf import settings
    settings.configure(DEBUG=False, DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
                       INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"], ROOT_URLCONF="django.conf",
                       TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}])
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.template import engines
    call_command("migrate", verbosity=0)
    for i in range(20):
        User(username="user %d" % i).save()
    users = User.objects.filter(username__contains="1")
    return [list(users), users, engines["django"].from_string("{% for x in y %}{{ x }}{% endfor %}")]


def use_aiohttp():
    import aiohttp
    import frozenlist
    import multidict
    import yarl
    from aiohttp import web

    async def exchange():
        app = web.Application()

        async def hello(request):
            return web.json_response({"path": request.path})
        app.router.add_get("/{name}", hello)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        session = aiohttp.ClientSession()
        kept = []
        for i in range(3):
            async with session.get("http://127.0.0.1:%d/x%d" % (port, i)) as response:
                kept += [response, await response.json(), response.headers]
        return [app, runner, site, session, kept]
    loop = asyncio.new_event_loop()
    frozen = frozenlist.FrozenList([["a"], {"b": 1}])
    table = multidict.CIMultiDict([("Accept", "a"), ("accept", "b")])
    proxy = multidict.MultiDictProxy(multidict.MultiDict({"x": ["y"]}))
    return [loop, loop.run_until_complete(exchange()), frozen, table, proxy, table.items(), proxy.keys(), iter(table.values()),
            yarl.URL("https://user@example.org:8080/a/b?c=d#e")]


def use_cryptography():
    from cryptography import fernet, x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    import datetime
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example")])
    now = datetime.datetime(2026, 1, 1)
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(9))
                   .sign(key, hashes.SHA256()))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"text")
    cipher = Cipher(algorithms.AES(b"k" * 16), modes.CTR(b"n" * 16)).encryptor()
    cipher.update(b"text")
    return [key, key.public_key(), certificate, certificate.subject, digest, cipher, fernet.Fernet(fernet.Fernet.generate_key()),
            ed25519.Ed25519PrivateKey.generate(),
            x509.load_pem_x509_certificate(certificate.public_bytes(serialization.Encoding.PEM))]


def use_grpcio():
    from concurrent import futures
    import grpc
    server = grpc.server(futures.ThreadPoolExecutor(2))

    def echo(request, context):
        return request
    handler = grpc.method_handlers_generic_handler("echo.Echo", {"say": grpc.unary_unary_rpc_method_handler(echo)})
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel("127.0.0.1:%d" % port)
    say = channel.unary_unary("/echo.Echo/say")
    return [server, channel, say, [say(b"text %d" % i, timeout=20) for i in range(5)]]


def use_pillow():
    from PIL import Image, ImageDraw, ImageFont
    image = Image.new("RGB", (64, 48))
    draw = ImageDraw.Draw(image)
    draw.line((0, 0, 9, 9))
    store = io.BytesIO()
    image.save(store, "png")
    opened = Image.open(store)
    opened.load()
    return [image, draw, opened, image.convert("P"), image.resize((8, 8)), ImageFont.load_default()]


def use_orjson():
    import orjson
    return [orjson.Fragment(b"[1]"), orjson.loads(orjson.dumps({"a": [1, 2.5, None, "x" * 100]}))]


def use_msgpack():
    import msgpack
    packer = msgpack.Packer(default=lambda x: ["default", x])
    unpacker = msgpack.Unpacker(object_hook=lambda x: {"hooked": x})
    unpacker.feed(packer.pack({"a": [1, "b"]}))
    return [packer, unpacker, unpacker.unpack(), msgpack.Timestamp(1)]


def use_protobuf():
    from google.protobuf import descriptor_pb2, struct_pb2, timestamp_pb2
    whole = struct_pb2.Struct()
    whole.update({"a": [1, 2, {"b": "c"}], "d": {"e": True}})
    file = descriptor_pb2.FileDescriptorProto(name="a.proto")
    message = file.message_type.add(name="M")
    return [whole, whole.fields, whole.fields["a"], whole["a"], file, message, file.message_type, whole.DESCRIPTOR,
            [timestamp_pb2.Timestamp(seconds=i) for i in range(20)], whole.DESCRIPTOR.fields_by_name]


def use_uvloop():
    import uvloop

    async def serve():
        async def handle(reader, writer):
            writer.write(await reader.readline())
            await writer.drain()
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"line\n")
        return [server, reader, writer, await reader.readline(), asyncio.get_running_loop().call_later(1000, print, ["later"])]
    loop = uvloop.new_event_loop()
    return [loop, loop.run_until_complete(serve()), loop.create_future()]


def use_psycopg():
    import psycopg
    import psycopg_binary
    from psycopg import adapt, pq, sql
    transformer = adapt.Transformer()
    dumped = transformer.dump_sequence([1, "text", 2.5, None, [1, 2]], [adapt.PyFormat.AUTO] * 5)
    assert pq.__impl__ == "binary"
    return [psycopg_binary, transformer, dumped, sql.SQL("select {}").format(sql.Identifier("x")),
            transformer.get_loader(23, pq.Format.TEXT), transformer.get_dumper("x", adapt.PyFormat.TEXT),
            psycopg.conninfo.conninfo_to_dict("host=a dbname=b")]


def use_asyncpg():
    import asyncpg
    from asyncpg import pgproto
    from asyncpg.protocol import protocol
    settings = protocol.ConnectionSettings(("127.0.0.1", 1)) if hasattr(protocol, "ConnectionSettings") else None
    return [asyncpg, settings, pgproto.pgproto.UUID("12345678123456781234567812345678")]


def use_pyarrow():
    import pyarrow as pa
    import pyarrow.compute as pc
    store = bytearray(1000)
    table = pa.table({"a": list(range(100)), "b": [str(i) for i in range(100)], "c": [[i] for i in range(100)]})
    return [table, table["a"], table["b"].chunk(0), table["a"].chunk(0).buffers(), table.slice(5, 10), pa.py_buffer(store), table.schema,
            table.to_batches(), pc.sum(table["a"]), pa.scalar("x"), table.to_pandas(), pa.array([1, 2]).dictionary_encode(),
            pa.BufferOutputStream(), pa.BufferReader(store), pa.struct([("x", pa.int32())]), pa.default_memory_pool()]


def use_scipy():
    import numpy as np
    from scipy import interpolate, optimize, sparse, spatial
    points = np.random.default_rng(1).random((50, 3))
    return [spatial.cKDTree(points), spatial.KDTree(points), spatial.Delaunay(points), spatial.ConvexHull(points),
            sparse.random(20, 20, 0.2, format="csr"), interpolate.CubicSpline(range(9), range(9)), optimize.minimize(lambda x: x @ x, [1, 2])]


def use_gevent():
    import gevent
    from gevent import event, lock, pool, queue
    waiting = event.Event()
    items = queue.Queue()
    items.put(["item"])
    workers = pool.Pool(3)
    kept = [gevent.spawn(lambda one: waiting.wait(), ["argument"]) for _ in range(5)] + [workers.spawn(waiting.wait)]
    later = gevent.spawn_later(1000, print, ["later"])
    gevent.sleep(0.01)
    return [waiting, items, workers, kept, later, lock.RLock(), lock.BoundedSemaphore(2), gevent.get_hub(), event.AsyncResult()]


def use_compression():
    import lz4.frame
    import zstandard
    samples = [b"some text that repeats " * 9 + b"%d" % i for i in range(200)]
    compressor = zstandard.ZstdCompressor(dict_data=zstandard.train_dictionary(1000, samples))
    small = compressor.compress(samples[0])
    return [compressor, zstandard.ZstdDecompressor().decompressobj(), compressor.stream_writer(io.BytesIO()),
            compressor.chunker(), zstandard.BufferWithSegments(small, (0).to_bytes(8, "little") + len(small).to_bytes(8, "little")),
            compressor.stream_reader(io.BytesIO(samples[1])), lz4.frame.LZ4FrameCompressor(), lz4.frame.create_compression_context(),
            lz4.frame.open(io.BytesIO(lz4.frame.compress(b"x" * 100)))]


def use_regex():
    import regex
    pattern = regex.compile(r"(?P<word>\w+)(?:, (?P<more>\w+))*")
    match = pattern.search("one, two, three")
    return [pattern, match, match.captures("more"), pattern.finditer("a b c"), pattern.splititer("a b"), pattern.scanner("a")]


def use_yaml():
    import yaml
    loader, dumper = yaml.CLoader("a: [1, 2, {b: c}]\n"), yaml.CDumper(io.StringIO())
    return [loader, loader.get_single_node(), dumper, yaml.load("- {x: y}", yaml.CSafeLoader), list(yaml.parse("a: b", yaml.CLoader))]


def use_simplejson():
    import simplejson
    return [simplejson.JSONDecoder(object_pairs_hook=lambda pairs: pairs), simplejson.JSONEncoder(default=lambda x: [x]),
            simplejson.decoder.JSONDecoder().scan_once, simplejson.encoder.JSONEncoder(default=lambda x: [x]).iterencode([1, {"a": 2}])]


def use_hiredis():
    import hiredis
    reader = hiredis.Reader(protocolError=ValueError, replyError=lambda text: KeyError(text), encoding="utf-8")
    reader.feed(b"*2\r\n$3\r\nfoo\r\n:1\r\n")
    waiting = hiredis.Reader()
    waiting.feed(b"*3\r\n$3\r\nbar\r\n")
    return [reader, reader.gets(), waiting, waiting.gets()]


def use_tornado():
    from tornado import httpserver, ioloop, web
    app = web.Application([("/", web.RequestHandler)])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return [app, httpserver.HTTPServer(app), ioloop.IOLoop(make_current=False)]


def use_fastapi():
    import fastapi
    import pydantic

    class Item(pydantic.BaseModel):
        name: str
    app = fastapi.FastAPI()

    @app.post("/items/{number}")
    async def create(number: int, item: Item) -> Item:
        return item
    return [app, app.openapi(), create]


def use_jinja2():
    import jinja2
    import markupsafe
    environment = jinja2.Environment(autoescape=True)
    template = environment.from_string("{% for x in y %}{{ x|upper }}{% endfor %}")
    return [environment, template, template.render(y=["<a>", "b"]), template.generate(y=["z"]), markupsafe.escape("<&>")]


def use_bindings():
    import bcrypt
    import contourpy
    import kiwisolver
    import rpds
    variables = [kiwisolver.Variable("v%d" % i) for i in range(3)]
    solver = kiwisolver.Solver()
    constraint = variables[0] + variables[1] == variables[2]
    solver.addConstraint(constraint)
    variables[0].setContext({"context": ["held"]})
    table = rpds.HashTrieMap({"a": ["one"], "b": {"two": 2}})
    return [bcrypt, variables, solver, constraint, variables[0] + 2, contourpy.contour_generator(z=[[0, 1], [1, 0]]), table,
            table.items(), rpds.HashTrieSet(["x", ("y", 1)]), rpds.List([["held"], {"also": 1}]), rpds.Queue([["in a queue"]])]


def use_cffi():
    import cffi
    interface = cffi.FFI()
    interface.cdef("struct pair { int a; double b; }; typedef int (*call)(int);")
    pair = interface.new("struct pair *", [1, 2.5])
    things = ["a handle"]
    return [interface, pair, pair[0], interface.new_handle(things), interface.callback("int(int)", lambda x: len(things)),
            interface.from_buffer(bytearray(10)), interface.buffer(pair), interface.typeof("struct pair"), interface.gc(pair, lambda x: things)]


def all_uses():
    return {name[4:]: function for name, function in globals().items() if name.startswith("use_")}


def is_made_in_c(cls, python_traverse):
    return ctypes.c_uint64.from_address(id(cls) + TRAVERSE).value != python_traverse


def write_types(path):
    """The types of objects that the collector knows, and of what these refer to."""
    class Python:
        pass
    mine = ctypes.c_uint64.from_address(id(Python) + TRAVERSE).value
    owners = importlib.metadata.packages_distributions()
    types = set()
    for thing in gc.get_objects():
        types.add(type(thing))
        types.update(map(type, gc.get_referents(thing)))
    with open(path, "w", encoding="utf-8") as file:
        for cls in sorted(types, key=heap_dump.type_name):
            name = heap_dump.type_name(cls).replace(" ", "_")
            if name.split(".")[0].startswith("_cython"):
                owner = "Cython"
            else:
                owner = (owners.get(name.split(".")[0]) or [None])[0]
            if owner and is_made_in_c(cls, mine):
                file.write("%s %s\n" % (name, owner))


def main():
    held = {}
    os.chdir(tempfile.mkdtemp(dir=os.path.dirname(sys.argv[1])))
    for name, use in all_uses().items():
        try:
            held[name] = use()
        except Exception as error:
            raise SystemExit("%s cannot be used: %r" % (name, error)) from error
    gc.collect()
    write_types(sys.argv[1] + ".types")
    heap_dump.dump(sys.argv[1])
    sys.stdin.read()
    os._exit(0)


main()

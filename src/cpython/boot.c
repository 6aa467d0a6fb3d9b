#include "cpython/boot.h"

#include <inttypes.h>

/* clang-format off: Python, as it is read */

/* For 3.9 and later. It imports nothing that is not built into every CPython. Objects that the code
 * may keep (its sys.stdout) need no global of ours: those are gone at the end. */
static const char program[] =
    "def run(path, limit, late):\n"
    "    import _io, _signal, _thread, builtins, posix, sys\n"
    "    outer = sys.exc_info()[1]\n"
    /* A child that was forked meanwhile has the request, too: it is not meant. */
    "    if path.split('-')[-2] != str(posix.getpid()):\n"
    "        globals().pop('run', None)\n"
    "        return\n"
    "    caught, again, sent = [], [], []\n"
    "    def opcode(trace):\n"
    "        return trace.tb_frame.f_code.co_code[trace.tb_lasti]\n"
    "    try:\n"
    "        raise KeyError\n"
    "    except KeyError as error:\n"
    "        raising = opcode(error.__traceback__)\n"
    /* Each step may be begun again, whatever signals do. What a call in C does is put into
     * a list in C as well: no handler comes in between. */
    "    def drive(*steps):\n"
    "        for step in steps:\n"
    "            for _ in range(9):\n"
    "                try:\n"
    "                    step()\n"
    "                    break\n"
    "                except BaseException as error:\n"
    "                    caught.append(error)\n"
    /* An exception that a signal's handler has raised was meant for the program; KeyboardInterrupt
     * too, unless it stands on a raise of the code. */
    "    def judge():\n"
    "        codes = {}\n"
    "        for number in _signal.valid_signals():\n"
    "            handler = _signal.getsignal(number)\n"
    "            code = getattr(getattr(handler, '__func__', handler), '__code__', None)\n"
    "            if isinstance(code, type(opcode.__code__)):\n"
    "                codes[code] = number\n"
    "        while caught:\n"
    "            trace, last, found = caught[-1].__traceback__, None, None\n"
    "            while trace is not None:\n"
    "                found = codes.get(trace.tb_frame.f_code, found)\n"
    "                last, trace = trace, trace.tb_next\n"
    "            if (found is None and isinstance(caught[-1], KeyboardInterrupt) and\n"
    "                    _signal.getsignal(2) is _signal.default_int_handler and\n"
    "                    (last is None or opcode(last) != raising)):\n"
    "                found = 2\n"
    "            if found is not None:\n"
    "                again.append(found)\n"
    "            caught.pop()\n"
    /* It is sent once none of our frames is left, which it would only end: not to the program. */
    "    text, me, nap = sys._getframe(3).f_code, _thread.get_ident(), _thread.allocate_lock()\n"
    "    nap.acquire()\n"
    "    def send(number):\n"
    "        while True:\n"
    "            frame = sys._current_frames().get(me)\n"
    "            while frame is not None and frame.f_code is not text:\n"
    "                frame = frame.f_back\n"
    "            if frame is None:\n"
    "                return _signal.pthread_kill(me, number)\n"
    "            frame = None\n"
    "            nap.acquire(True, 0.001)\n"
    "    def hand_on():\n"
    "        for number in again[len(sent):]:\n"
    "            sent.extend(map(_thread.start_new_thread, [send], [(number,)]))\n"
    "    if late:\n"
    "        caught.append(sys.exc_info()[1])\n"
    "    files, closed, taken, forsaken, begun, failed = [], [], [], [], [], []\n"
    "    which, source, name = None, b'', ''\n"
    "    end, dropped, status = [64], [0], [1]\n"
    /* Who asked holds a lock on the file as long as he lives. */
    "    def take():\n"
    "        for file, how in (('code', posix.O_RDONLY), ('out', posix.O_WRONLY))[len(files):]:\n"
    "            files.extend(map(posix.open, [path + '/' + file], [how | posix.O_CLOEXEC]))\n"
    "        if taken:\n"
    "            return\n"
    "        try:\n"
    "            posix.lockf(files[0], posix.F_TEST, 0)\n"
    "        except OSError as error:\n"
    "            if error.errno not in (11, 13):\n"
    "                raise\n"
    "            taken.extend(map(posix.unlink, [path + '/code']))\n"
    "            return\n"
    "        forsaken.append(True)\n"
    /* Where it could not be taken (no descriptor is free), it is left to who asked. */
    "    def leave():\n"
    "        if not taken and not forsaken:\n"
    "            try:\n"
    "                posix.stat(path + '/code')\n"
    "                return\n"
    "            except FileNotFoundError:\n"
    "                pass\n"
    "        for file in 'code', 'out', 'boot', 'run':\n"
    "            try:\n"
    "                posix.unlink(path + '/' + file)\n"
    "            except OSError as error:\n"
    "                caught.append(error)\n"
    "        try:\n"
    "            posix.rmdir(path)\n"
    "        except OSError as error:\n"
    "            caught.append(error)\n"
    "    def begin():\n"
    "        nonlocal which, source, name\n"
    "        if not taken:\n"
    "            return\n"
    "        which = posix.fstat(files[1])[1:3]\n"
    "        posix.pwrite(files[1], b'\\1', 0)\n"
    "        posix.lseek(files[0], 0, 0)\n"
    "        source = _io.FileIO(files[0], 'rb', False).readall()\n"
    "        length = int.from_bytes(source[:4], 'little')\n"
    "        name = source[4:4 + length].decode('utf-8', 'replace')\n"
    "        source = source[4 + length:]\n"
    "    def close():\n"
    "        closed.extend(map(posix.close, files[len(closed):1 if taken else 2]))\n"
    /* Output: a record counts once the state says so. Should the code close our file, its number
     * may be another file's. */
    "    def ours():\n"
    "        try:\n"
    "            return posix.fstat(files[1])[1:3] == which\n"
    "        except OSError as error:\n"
    "            if error.errno != 9:\n"
    "                raise\n"
    "            return False\n"
    "    def put(kind, data):\n"
    "        data = bytes(data)\n"
    "        if kind == b'\\0':\n"
    "            return len(data)\n"
    "        block = kind + len(data).to_bytes(4, 'little') + data\n"
    "        done = 0\n"
    "        try:\n"
    "            while done < len(block) and end[0] + len(block) <= limit and ours():\n"
    "                done += posix.pwrite(files[1], block[done:], end[0] + done)\n"
    "            if done == len(block):\n"
    "                end[0] += done\n"
    "                posix.pwrite(files[1], end[0].to_bytes(8, 'little'), 8)\n"
    "        except OSError as error:\n"
    "            if error.errno is None:\n"
    "                raise\n"
    "            done = 0\n"
    "        if done < len(block):\n"
    "            dropped[0] += len(data)\n"
    "        return len(data)\n"
    /* Modules stand in for objects of classes of our own, which would be garbage in cycles. What is
     * called when they go is C, where no handler comes in. */
    "    def no_file():\n"
    "        raise _io.UnsupportedOperation('fileno')\n"
    "    def stream(kind):\n"
    "        raw = type(sys)('holdfast')\n"
    "        raw.write = lambda data: put(kind, data)\n"
    "        raw.flush = raw.close = [].clear\n"
    "        raw.readable = raw.seekable = raw.isatty = bool\n"
    "        raw.writable = (0,).__len__\n"
    "        raw.fileno = no_file\n"
    "        raw.closed, raw.name = False, 'holdfast'\n"
    "        return _io.TextIOWrapper(raw, 'utf-8', 'backslashreplace', None, True)\n"
    "    streams = [stream(b'\\1'), stream(b'\\2')]\n"
    "    here, waste = [_thread.get_ident()], stream(b'\\0')\n"
    /* Other threads go on printing where they did. */
    "    def stand_in(old, new, look=getattr, thread=_thread.get_ident):\n"
    "        both = type(sys)('holdfast')\n"
    "        both.__getattr__ = lambda word: look(new if thread() in here else old, word)\n"
    "        return both\n"
    "    old = [getattr(sys, 'stdout', None), getattr(sys, 'stderr', None)]\n"
    "    new = [stand_in(waste if o is None else o, s) for o, s in zip(old, streams)]\n"
    /* The one step that is begun once only. */
    "    def execute():\n"
    "        if not taken or begun:\n"
    "            return\n"
    "        begun.append(True)\n"
    "        sys.stdout, sys.stderr = new\n"
    "        try:\n"
    "            exec(compile(source, name, 'exec', 0, True),\n"
    "                 {'__name__': '__main__', '__builtins__': builtins})\n"
    "            status[0] = 0\n"
    "        except BaseException as error:\n"
    "            failed.append(error)\n"
    "            caught.append(error)\n"
    /* From 3.13 on Python imports two dozen modules to print an exception. */
    "    def plainly(error):\n"
    "        trace = error.__traceback__\n"
    "        if trace is not None:\n"
    "            print('Traceback (most recent call last):', file=streams[1])\n"
    "        while trace is not None:\n"
    "            place = trace.tb_frame.f_code\n"
    "            place = place.co_filename, trace.tb_lineno, place.co_name\n"
    "            print('  File \"%s\", line %d, in %s' % place, file=streams[1])\n"
    "            trace = trace.tb_next\n"
    "        print('%s: %s' % (type(error).__qualname__, error), file=streams[1])\n"
    /* What the program handles just now is none of the code's: Python makes it the context of
     * whatever is raised meanwhile. */
    "    def detach(error):\n"
    "        seen, left = {id(None), id(outer)}, [error]\n"
    "        while left:\n"
    "            one = left.pop()\n"
    "            if id(one) not in seen:\n"
    "                seen.add(id(one))\n"
    "                if one.__context__ is outer:\n"
    "                    one.__context__ = None\n"
    "                left += [one.__cause__, one.__context__]\n"
    "    def tell(error):\n"
    "        if isinstance(error, SystemExit):\n"
    "            if error.code is None or error.code == 0:\n"
    "                status[0] = 0\n"
    "            elif not isinstance(error.code, int):\n"
    "                print(error.code, file=streams[1])\n"
    "            return\n"
    "        detach(error)\n"
    "        error = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)\n"
    "        if sys.version_info >= (3, 13) and 'traceback' not in sys.modules:\n"
    "            plainly(error)\n"
    "        else:\n"
    "            sys.__excepthook__(type(error), error, error.__traceback__)\n"
    "    def report():\n"
    "        while failed:\n"
    "            tell(failed.pop())\n"
    "    def flush():\n"
    "        for one in streams:\n"
    "            one.flush()\n"
    "    def restore():\n"
    "        here.clear()\n"
    "        if getattr(sys, 'stdout', None) is new[0]:\n"
    "            sys.stdout = old[0]\n"
    "        if getattr(sys, 'stderr', None) is new[1]:\n"
    "            sys.stderr = old[1]\n"
    "    def finish():\n"
    "        if taken and ours():\n"
    "            words = end[0].to_bytes(8, 'little') + dropped[0].to_bytes(8, 'little')\n"
    "            words += status[0].to_bytes(4, 'little')\n"
    "            words += _thread.get_native_id().to_bytes(4, 'little')\n"
    "            posix.pwrite(files[1], words, 8)\n"
    "            posix.pwrite(files[1], b'\\2', 0)\n"
    "            posix.close(files[1])\n"
    "    def work():\n"
    "        drive(take, leave, begin, close, execute, report, flush)\n"
    "    def end_work():\n"
    "        drive(restore, finish, judge, hand_on)\n"
    "    try:\n"
    "        drive(work)\n"
    "    finally:\n"
    "        drive(end_work)\n"
    /* That would be a cycle. The rest stays: from 3.14 on the next request may be served in this
     * very frame, and 3.15 opens its script by the __builtins__ of what runs
     * (PyImport_Import()). */
    "        globals().pop('run', None)\n";

/* clang-format on */

void hf_boot_program(const char *folder, hf_buf *ret)
{
    hf_buf_text(ret, program);
    hf_buf_format(ret, "run('%s', %" PRIu64 ", 'late' in globals())\n", folder, HF_BOOT_OUTPUT_MAX);
}

void hf_boot_code(const char *name, const void *code, size_t length, hf_buf *ret)
{
    uint8_t head[4];
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof(head); i++)
        head[i] = (uint8_t)(n >> 8 * i);
    hf_buf_add(ret, head, sizeof(head));
    hf_buf_add(ret, name, n);
    hf_buf_add(ret, code, length);
}

/* A name for the function is needed in __main__ while it runs: names that are only looked up there
 * may be the program's own, those of an import statement are not.
 *
 * What a signal's handler raises in here must not come out: it would end the program. Up to 3.10 no
 * handler is called before an instruction that begins a `try`, so that is the first. From 3.11 on
 * one is called before the first instruction of any text, so what comes while this text is compiled
 * (some 0.05 ms) is beyond our reach; the text is short. An exception that comes before
 * the program has begun its work has it begin again, which tells whose that was. */
void hf_boot_text(const char *folder, const char *mark, hf_buf *ret)
{
    hf_buf_format(ret,
                  HF_BOOT_TEXT_BEGIN "%s(**k):\n"
                                     "  import builtins as b\n"
                                     "  with b.open('%s/boot','rb')as f:s=f.read()\n"
                                     "  b.exec(s,k)\n"
                                     " try:_hf%s()\n"
                                     " except:_hf%s(late=1)\n"
                                     "except:pass\n"
                                     "_hf%s=0\n"
                                     "del _hf%s\n",
                  mark, folder, mark, mark, mark, mark);
}

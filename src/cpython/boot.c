#include "cpython/boot.h"

#include <inttypes.h>

/* clang-format off: Python, as it is read */

/* For 3.9 and later. It imports nothing that is not built into every CPython. Objects that the code
 * may keep (its sys.stdout) need no global of ours: those are gone at the end. */
static const char program[] =
    "def run(path, limit):\n"
    "    import _io, _signal, _thread, builtins, posix, sys\n"
    "    outer = sys.exc_info()[1]\n"
    /* A child that was forked meanwhile has the request, too: it is not meant. */
    "    if path.split('-')[-2] != str(posix.getpid()):\n"
    "        globals().clear()\n"
    "        return\n"
    /* Who asked holds a lock on the file as long as he lives. */
    "    def leave():\n"
    "        for file in 'code', 'out', 'boot', 'run':\n"
    "            try:\n"
    "                posix.unlink(path + '/' + file)\n"
    "            except OSError:\n"
    "                pass\n"
    "        try:\n"
    "            posix.rmdir(path)\n"
    "        except OSError:\n"
    "            pass\n"
    "    def take(code):\n"
    "        try:\n"
    "            posix.lockf(code, posix.F_TEST, 0)\n"
    "        except OSError:\n"
    "            posix.unlink(path + '/code')\n"
    "            return True\n"
    "        return False\n"
    "    code = out = -1\n"
    "    try:\n"
    "        code = posix.open(path + '/code', posix.O_RDONLY | posix.O_CLOEXEC)\n"
    "        out = posix.open(path + '/out', posix.O_WRONLY | posix.O_CLOEXEC)\n"
    "        taken = take(code)\n"
    "    except OSError:\n"
    "        taken = False\n"
    "    leave()\n"
    "    if not taken:\n"
    "        for file in code, out:\n"
    "            if file >= 0:\n"
    "                posix.close(file)\n"
    "        globals().clear()\n"
    "        return\n"
    "    posix.pwrite(out, b'\\1', 0)\n"
    "    with _io.FileIO(code) as file:\n"
    "        source = file.readall()\n"
    "    length = int.from_bytes(source[:4], 'little')\n"
    "    name = source[4:4 + length].decode('utf-8', 'replace')\n"
    "    source = source[4 + length:]\n"
    /* Output: a record counts once the state says so. Should the code close our file, its number
     * may be another file's. */
    "    which = posix.fstat(out)[1:3]\n"
    "    end, dropped = [64], [0]\n"
    "    def ours():\n"
    "        try:\n"
    "            return posix.fstat(out)[1:3] == which\n"
    "        except OSError:\n"
    "            return False\n"
    "    def put(kind, data):\n"
    "        data = bytes(data)\n"
    "        if kind == b'\\0':\n"
    "            return len(data)\n"
    "        block = kind + len(data).to_bytes(4, 'little') + data\n"
    "        done = 0\n"
    "        try:\n"
    "            while done < len(block) and end[0] + len(block) <= limit and ours():\n"
    "                done += posix.pwrite(out, block[done:], end[0] + done)\n"
    "            if done == len(block):\n"
    "                end[0] += done\n"
    "                posix.pwrite(out, end[0].to_bytes(8, 'little'), 8)\n"
    "        except OSError:\n"
    "            done = 0\n"
    "        if done < len(block):\n"
    "            dropped[0] += len(data)\n"
    "        return len(data)\n"
    /* Modules stand in for objects of classes of our own, which would be garbage in cycles. */
    "    def no_file():\n"
    "        raise _io.UnsupportedOperation('fileno')\n"
    "    def stream(kind):\n"
    "        raw = type(sys)('holdfast')\n"
    "        raw.write = lambda data: put(kind, data)\n"
    "        raw.flush = raw.close = lambda: None\n"
    "        raw.readable = raw.seekable = raw.isatty = lambda: False\n"
    "        raw.writable = lambda: True\n"
    "        raw.fileno = no_file\n"
    "        raw.closed, raw.name = False, name\n"
    "        return _io.TextIOWrapper(raw, 'utf-8', 'backslashreplace', None, True)\n"
    "    streams = [stream(b'\\1'), stream(b'\\2')]\n"
    "    here, waste = [_thread.get_ident()], stream(b'\\0')\n"
    /* Other threads go on printing where they did. */
    "    def stand_in(old, new, look=getattr, thread=_thread.get_ident):\n"
    "        both = type(sys)('holdfast')\n"
    "        both.__getattr__ = lambda word: look(new if thread() in here else old, word)\n"
    "        return both\n"
    "    status, again = [0], []\n"
    /* An exception that a signal's handler has raised was meant for the program. */
    "    def note(error):\n"
    "        codes = {}\n"
    "        for number in range(1, 65):\n"
    "            try:\n"
    "                handler = _signal.getsignal(number)\n"
    "                codes[getattr(handler, '__func__', handler).__code__] = number\n"
    "            except Exception:\n"
    "                pass\n"
    "        trace, found = error.__traceback__, None\n"
    "        while trace is not None:\n"
    "            found = codes.get(trace.tb_frame.f_code, found)\n"
    "            trace = trace.tb_next\n"
    "        if found is None and isinstance(error, KeyboardInterrupt):\n"
    "            found = 2\n"
    "        if found is not None:\n"
    "            again.append(found)\n"
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
    "        status[0] = 1\n"
    "        note(error)\n"
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
    "    old = [getattr(sys, 'stdout', None), getattr(sys, 'stderr', None)]\n"
    "    new = [stand_in(waste if o is None else o, s) for o, s in zip(old, streams)]\n"
    "    failed = []\n"
    "    try:\n"
    "        sys.stdout, sys.stderr = new\n"
    "        exec(compile(source, name, 'exec', 0, True),\n"
    "             {'__name__': '__main__', '__builtins__': builtins})\n"
    "    except BaseException as error:\n"
    "        failed.append(error)\n"
    /* What is left to do is done, whatever signals do meanwhile: each step may be begun again. */
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
    "        if ours():\n"
    "            words = end[0].to_bytes(8, 'little') + dropped[0].to_bytes(8, 'little')\n"
    "            words += status[0].to_bytes(4, 'little')\n"
    "            words += _thread.get_native_id().to_bytes(4, 'little')\n"
    "            posix.pwrite(out, words, 8)\n"
    "            posix.pwrite(out, b'\\2', 0)\n"
    "            posix.close(out)\n"
    "    for step in report, flush, restore, finish:\n"
    "        for _ in range(9):\n"
    "            try:\n"
    "                step()\n"
    "                break\n"
    "            except BaseException as error:\n"
    "                note(error)\n"
    "    if again:\n"
    "        _thread.start_new_thread(_signal.raise_signal, (again[0],))\n"
    "    globals().clear()\n";

/* clang-format on */

void hf_boot_program(const char *folder, hf_buf *ret)
{
    hf_buf_text(ret, program);
    hf_buf_format(ret, "run('%s', %" PRIu64 ")\n", folder, HF_BOOT_OUTPUT_MAX);
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
 * may be the program's own, those of an import statement are not. Ctrl-C is handed on to the
 * program, by another thread: when we are through. */
void hf_boot_text(const char *folder, const char *mark, hf_buf *ret)
{
    hf_buf_format(ret,
                  HF_BOOT_TEXT_BEGIN
                  "%s():\n"
                  " import builtins as b,_thread as t,_signal as g\n"
                  " try:\n"
                  "  with b.open('%s/boot','rb')as f:s=f.read()\n"
                  "  b.exec(s,{})\n"
                  " except b.KeyboardInterrupt:t.start_new_thread(g.raise_signal,(2,))\n"
                  "try:_hf%s()\n"
                  "except:pass\n"
                  "del _hf%s\n",
                  mark, folder, mark, mark);
}

"""Where a function is told of: at each line that it comes to, and where a call of it begins, waits and ends.

A line is come to by an edge from one instruction to another: from another line, or backwards, as loops do. These are the line
events of sys.settrace(); in 3.9 all edges to the first instruction of a line, be it from the same one. A probe stands on these edges: before the
instruction where all that lead there are such, else on the one edge. So each execution is counted, however often there are."""
import inspect
import opcode
import threading

from holdfast import _self
from holdfast.bytecode import NEWEST, VERSION, Body, Handler, Instruction, caches_of, is_backward

LINE, HANDLER, SETTLE, CALLED, RESUMED, LEFT = range(6)  # of lines.c
JUMPS = ("JUMP_FORWARD", "JUMP_ABSOLUTE", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
ENDS = (*JUMPS, "RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE")
LEAVES = ("RETURN_VALUE", "RETURN_CONST", "YIELD_VALUE")
WITHIN = ("SEND", *(("FOR_ITER",) if VERSION >= (3, 12) else ()))  # where they jump to belongs to them
# How a probe on the stack is run. A loop over it that ends at once costs least, and until 3.13 skips what stands for its end.
RUN = (("FOR_ITER",) if VERSION < (3, 12) else ("FOR_ITER", "END_FOR") if VERSION < (3, 13) else
       ("FOR_ITER", "END_FOR", "POP_TOP") if VERSION < (3, 14) else ("UNARY_INVERT", "POP_TOP"))
NO_LINE = ("END_FOR", "END_SEND", "RESUME", "POP_ITER")  # they belong to what came before
ROOM = 1


def _begin(instructions):
    """The first instruction of a call; of a generator, of its first step."""
    if "RESUME" not in opcode.opmap:
        return instructions[0]
    names = [one.name for one in instructions]
    made = names.index("RETURN_GENERATOR") if "RETURN_GENERATOR" in names else 0
    return instructions[names.index("RESUME", made) + 1]


class _Probing:
    """A code object: `lines` are those that have rows in the table."""

    def __init__(self, code, table, lines, is_function):
        self.code, self.body, self.lines = code, Body(code), lines
        self.own = _self.lines_body(table)
        self.constants = [_Probing(one, table, lines, False).assembled() if inspect.iscode(one) else one
                          for one in code.co_consts]
        self.probes = {}
        self.begin = _begin(self.body.instructions)
        self._lines()
        self._waits()
        self.begin.fallen[:0] = self._probe(CALLED if is_function else RESUMED, self.begin.position)

    def assembled(self):
        code = self.body.assembled(self.constants, ROOM)
        _self.lines_know(self.own, code, self.code)
        return code

    def _probe(self, kind, position):
        """Instructions that run a probe."""
        line = position[0] if kind in (LINE, HANDLER) else 0
        if (kind, line) not in self.probes:
            self.probes[kind, line] = len(self.constants)
            self.constants.append(_self.lines_probe(self.own, kind, line))
        place = (position[0], position[0], None, None)
        return [Instruction(opcode.opmap["LOAD_CONST"], self.probes[kind, line], place),
                *(Instruction(opcode.opmap[name], 0, place, caches_of(name)) for name in RUN)]

    def _edges(self):
        """{instruction: ([(instruction before, whether that jumps)], whether exceptions come there)}"""
        edges = {one: [] for one in self.body.instructions}
        handlers = {handler.target for handler in self.body.handlers}
        before = None
        for one in self.body.instructions:
            if before is not None and before.name not in ENDS:
                edges[one].append((before, False))
            before = one
            if one.name.startswith("SETUP_"):
                handlers.add(one.target)
            elif one.jumps and one.name != "END_ASYNC_FOR":  # that tells where its loop is
                edges[one.target].append((one, True))
        return edges, handlers

    def _comes(self, source, target, jumps):
        """Whether an edge comes to the line of its target."""
        if target.line not in self.lines or target.name in NO_LINE:
            return False
        if target is self.begin and not jumps:
            return True
        if jumps and source.name in WITHIN:
            return False
        if source.name == "POP_ITER" and target not in self.jumped:
            return target.line not in (source.line, self._line_before(source))
        return self._is_loop(source, target) or (target in self.starts if self.starts else source.line != target.line)

    def _line_before(self, end_of_loop):
        """From 3.14 on, what stands behind a loop begins no line where the loop's last instruction is of the same: as where a
        comprehension has its element, and is returned. settrace() does not tell of that line then."""
        at = self.order[end_of_loop]
        return next(one.line for one in reversed(self.body.instructions[:at]) if one.name not in NO_LINE)

    def _is_loop(self, source, target):
        if source.name == "JUMP_BACKWARD_NO_INTERRUPT":  # of what waits
            return False
        return self.order[target] <= self.order[source]

    def _lines(self):
        instructions = self.body.instructions
        self.order = {one: number for number, one in enumerate(instructions)}
        self.starts = {one for before, one in zip([None, *instructions], instructions)
                       if before is None or before.line != one.line} if VERSION < (3, 10) else None
        self.jumped = {one.target for one in instructions if one.jumps}
        begin = self.order[self.begin]
        edges, handlers = self._edges()
        if begin == 0:
            edges[self.begin].append((None, False))
        for target in instructions[begin:]:
            if target in handlers:
                self._come_by_exception(target)
                continue
            coming = [(source, jumps) for source, jumps in edges[target] if self._comes(source, target, jumps)]
            if coming and len(coming) == len(edges[target]):
                target.before[:0] = self._probe(LINE, target.position)
                continue
            for source, jumps in coming:
                self._put_on_edge(source, target, jumps)

    def _come_by_exception(self, target):
        """From which line is not known before: the probe finds out, but where that does not matter."""
        if target.line not in self.lines:
            target.before[:0] = self._probe(SETTLE, target.position)
        elif self.starts and target in self.starts:
            target.before[:0] = self._probe(SETTLE, target.position) + self._probe(LINE, target.position)
        else:
            target.before[:0] = self._probe(HANDLER, target.position)

    def _put_on_edge(self, source, target, jumps):
        probe = self._probe(LINE, target.position)
        if not jumps:
            target.fallen += probe
        elif source.name in JUMPS:
            source.before += probe
        else:
            self._go_round(source, target, probe)

    def _go_round(self, source, target, probe):
        """A jump that is not always taken goes behind all else, where the probe is, and on from there."""
        if is_backward(source.name):
            source.opcode = opcode.opmap[source.name.replace("BACKWARD", "FORWARD")]
        name = "JUMP_BACKWARD" if "JUMP_BACKWARD" in opcode.opmap else "JUMP_ABSOLUTE"
        jump = Instruction(opcode.opmap[name], 0, target.position, caches_of(name), target)
        source.target = probe[0]
        self.body.appended += [*probe, jump]
        around = next((handler for handler in self.body.handlers if handler.first in self.order and
                       self.order[handler.first] <= self.order[source] <= self.order[handler.last]), None)
        if around:
            self.body.handlers.append(Handler(probe[0], jump, around.target, around.state))

    def _waits(self):
        """Where a call is left, and gone on with. `yield from` and `await` are one instruction before 3.11, and a loop that is none
        of the program's from then on."""
        instructions = self.body.instructions
        for before, one, after in zip([None, *instructions], instructions, [*instructions[1:], None]):
            if one.name not in LEAVES or (before is not None and before.name == "SEND"):
                continue
            one.before += self._probe(LEFT, one.position)
            if one.name != "YIELD_VALUE":
                continue
            resumed = instructions[self.order[after] + 1] if after.name == "RESUME" else after
            resumed.fallen[:0] = self._probe(RESUMED, resumed.position)


def _line_numbers(code):
    """Lines that a code has, and those within it."""
    found = {one.line for one in Body(code).instructions if one.line is not None}
    return found.union(*(_line_numbers(one) for one in code.co_consts if inspect.iscode(one)))


class CannotProbe(TypeError):
    """A function whose lines cannot be counted."""


def _rewritten(code, table, first, last):
    """The code with probes."""
    if VERSION > NEWEST:
        raise CannotProbe("code of Python %d.%d is not known yet" % VERSION)
    try:
        return _Probing(code, table, range(first, last + 1), True).assembled()
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:  # no compiler has made that
        raise CannotProbe("the code of %s is of an unknown form" % code.co_name) from error


class Function:
    """A function of Python whose lines are counted while it runs. There is one for each code."""

    _made = {}  # by the identity of the code, without probes and with: equal codes may be of different files
    _lock = threading.RLock()

    def __init__(self, code):
        try:
            source, first = inspect.getsourcelines(code)
        except (OSError, TypeError):
            source, first = (), code.co_firstlineno
        self.code, self.first = code, first
        self.last = max(first, first + len(source) - 1, *_line_numbers(code))
        self._table = _self.lines_add(first, self.last - first + 1)
        self._probing = _rewritten(code, self._table, first, self.last)
        self._users = []  # functions: more than one may have the same code

    @classmethod
    def of(cls, function):
        """CannotProbe where its code cannot be rewritten."""
        with cls._lock:
            code = function.__code__
            if id(code) not in cls._made:
                made = cls(code)
                cls._made[id(code)] = cls._made[id(made._probing)] = made
            return cls._made[id(code)]

    def is_of(self, function):
        """Whether that is what the function runs now: somebody may have given it other code."""
        return function.__code__ is self.code or function.__code__ is self._probing

    def begin(self, function, exact, children):
        """From now on; memory is what the tracer says if it is to be exact, else what is resident."""
        with self._lock:
            if not self._users:
                _self.lines_reset(self._table, exact, children)
                _self.lines_use(self._table, True)
            self._users.append(function)
            function.__code__ = self._probing

    def end(self, function):
        with self._lock:
            self._users.remove(function)
            if function not in self._users and function.__code__ is self._probing:
                function.__code__ = self.code
            if not self._users:
                _self.lines_use(self._table, False)

    def rows(self):
        """[(line, increment, most, count)] since the first of its users has begun."""
        return _self.lines_rows(self._table)

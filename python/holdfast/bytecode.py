"""Code objects of CPython 3.9 and later as lists of instructions, and back: with what is put in between, and every jump, handler
and line where it belongs. The formats are those of CPython's own Lib/dis.py, Objects/lnotab_notes.txt (3.9, 3.10),
Objects/locations.md and Objects/exception_handling_notes.txt (3.11)."""
import dis
import opcode
import sys

VERSION = sys.version_info[:2]
NEWEST = (3, 15)  # whose formats these are
UNIT = 2
EXTENDED = opcode.EXTENDED_ARG
CACHE = opcode.opmap.get("CACHE")
RELATIVE, ABSOLUTE = frozenset(opcode.hasjrel), frozenset(opcode.hasjabs)
NOWHERE = (None, None, None, None)


class Instruction:
    """One instruction. `fallen` are run before it unless it was jumped to, `before` always."""

    __slots__ = ("opcode", "argument", "extended", "position", "caches", "target", "fallen", "before", "end")

    def __init__(self, code, argument=0, position=NOWHERE, caches=0, target=None):
        self.opcode, self.caches, self.target = code, caches, target
        self.position = position   # line, last line, column, last column
        self.fallen, self.before = [], []
        self.end = None            # the unit behind it, in the new code
        self.extended = 0          # how many EXTENDED_ARG it takes
        self.argue(argument)

    @property
    def name(self):
        return opcode.opname[self.opcode]

    @property
    def line(self):
        return self.position[0]

    @property
    def jumps(self):
        return self.target is not None

    @property
    def first(self):
        """Where jumps to it go."""
        return self.before[0].first if self.before else self

    @property
    def size(self):
        """In units."""
        return self.extended + 1 + self.caches

    @property
    def start(self):
        return self.first.end - self.first.size

    def argue(self, argument):
        """Sets the argument; true where it has become longer for that, which it stays."""
        self.argument, before = argument, self.extended
        self.extended = max(before, (argument.bit_length() - 1) // 8)
        return self.extended > before


def is_backward(name):
    return "BACKWARD" in name or name == "END_ASYNC_FOR"


def caches_of(name):
    entries = getattr(opcode, "_inline_cache_entries", {})
    return entries.get(name, 0) if hasattr(entries, "get") else entries[opcode.opmap[name]]


def _positions(code):
    """The place in the source of each unit."""
    if hasattr(code, "co_positions"):
        return list(code.co_positions())
    lines = [None] * (len(code.co_code) // UNIT)
    if hasattr(code, "co_lines"):
        for start, end, line in code.co_lines():
            lines[start // UNIT:end // UNIT] = [line] * ((end - start) // UNIT)
    else:
        starts = [*dis.findlinestarts(code), (len(code.co_code), None)]
        for (start, line), (end, _) in zip(starts, starts[1:]):
            lines[start // UNIT:end // UNIT] = [line] * ((end - start) // UNIT)
    return [(line, line, None, None) for line in lines]


def _target(instruction, end):
    """The unit that it jumps to; None: it does not. `end`: the unit behind it."""
    scale = 1 if VERSION >= (3, 10) else UNIT
    if instruction.opcode in ABSOLUTE:
        return instruction.argument // scale
    if instruction.opcode in RELATIVE:
        distance = instruction.argument // scale
        return end - distance if is_backward(instruction.name) else end + distance
    return None


def _instructions(code):
    """[Instruction], and of each unit the instruction that it is a part of."""
    raw, positions = code.co_code, _positions(code)
    found, owner, targets = [], [], []
    at, argument, begun = 0, 0, 0
    while at < len(raw) // UNIT:
        operation, argument = raw[UNIT * at], argument << 8 | raw[UNIT * at + 1]
        at += 1
        if operation == EXTENDED:
            continue
        caches = at
        while CACHE is not None and at < len(raw) // UNIT and raw[UNIT * at] == CACHE:
            at += 1
        instruction = Instruction(operation, argument, positions[begun], at - caches)
        found.append(instruction)
        owner += [instruction] * (at - begun)
        targets.append(_target(instruction, at))
        begun, argument = at, 0
    for instruction, target in zip(found, targets):
        if target is not None:
            instruction.target = owner[target]
    return found, owner


def _numbers(table):
    """Those of the exception table: six bits a byte, the highest first."""
    found, value = [], 0
    for byte in table:
        value = value << 6 | byte & 63
        if not byte & 64:
            found.append(value)
            value = 0
    return found


def _number_bytes(value, mark=0):
    found = [value & 63]
    while value >= 64:
        value >>= 6
        found.append(value & 63 | 64)
    found[-1] |= mark
    return bytes(reversed(found))


class Handler:
    """Exceptions of the instructions from `first` to `last` go to `target`."""

    __slots__ = ("first", "last", "target", "state")

    def __init__(self, first, last, target, state):
        self.first, self.last, self.target, self.state = first, last, target, state


def _handlers(code, owner):
    numbers = iter(_numbers(getattr(code, "co_exceptiontable", b"")))
    return [Handler(owner[start], owner[start + length - 1], owner[target], state)
            for start, length, target, state in zip(numbers, numbers, numbers, numbers)]


def _variable(value):
    """A number of a location: six bits a byte, the lowest first."""
    found = []
    while value >= 64:
        found.append(value & 63 | 64)
        value >>= 6
    return bytes([*found, value])


def _signed(value):
    return _variable(-value << 1 | 1 if value < 0 else value << 1)


def _locations(instructions, first):
    """The table of 3.11 and later."""
    table, line = bytearray(), first
    for instruction in instructions:
        begin, end, column, last = instruction.position
        left = instruction.size
        while left:
            units = min(left, 8)
            left -= units
            if begin is None:
                table.append(0x80 | 15 << 3 | units - 1)
                continue
            has_columns = None not in (end, column, last)
            table.append(0x80 | (14 if has_columns else 13) << 3 | units - 1)
            table += _signed(begin - line)
            if has_columns:
                table += _variable(end - begin) + _variable(column + 1) + _variable(last + 1)
            line = begin
    return bytes(table)


def _runs(instructions):
    """[(bytes, line)] of neighbours with the same line."""
    found = []
    for instruction in instructions:
        size = UNIT * instruction.size
        if found and found[-1][1] == instruction.line:
            found[-1][0] += size
        else:
            found.append([size, instruction.line])
    return found


def _ranges(instructions, first):
    """The table of 3.10: bytes and step of the line, -128 where there is none."""
    table, line = bytearray(), first
    for size, here in _runs(instructions):
        step = 0 if here is None else here - line
        while here is not None and not -128 < step < 128:
            part = 127 if step > 0 else -127
            table += bytes([0, part & 255])
            step -= part
        while size:
            part = min(size, 254)
            table += bytes([part, 128 if here is None else step & 255])
            step, size = 0, size - part
        line = line if here is None else here
    return bytes(table)


def _steps(instructions, first):
    """The table of 3.9: bytes since the last step, and step of the line."""
    table, line, since = bytearray(), first, 0
    for size, here in _runs(instructions):
        step = here - line
        while since > 255:
            table += bytes([255, 0])
            since -= 255
        while step and not -128 <= step <= 127:
            part = 127 if step > 0 else -128
            table += bytes([since, part & 255])
            since, step = 0, step - part
        if step:
            table += bytes([since, step & 255])
            since = 0
        line, since = here, since + size
    return bytes(table)


class Body:
    """What a code object does: its instructions, in order, and its handlers (3.11 and later)."""

    def __init__(self, code):
        self.code = code
        self.instructions, owner = _instructions(code)
        self.handlers = _handlers(code, owner)
        self.appended = []  # instructions behind all others

    def _flat(self):
        def put(instruction):
            for earlier in (*instruction.fallen, *instruction.before):
                put(earlier)
            found.append(instruction)

        found = []
        for instruction in (*self.instructions, *self.appended):
            put(instruction)
        return found

    @staticmethod
    def _place(flat):
        """Gives each its place, and jumps their argument; those depend on each other."""
        scale = 1 if VERSION >= (3, 10) else UNIT
        grown = True
        while grown:
            at = 0
            for instruction in flat:
                at += instruction.size
                instruction.end = at
            grown = False
            for instruction in flat:
                if instruction.jumps:
                    there = instruction.target.start
                    distance = there if instruction.opcode in ABSOLUTE else abs(there - instruction.end)
                    grown = instruction.argue(scale * distance) or grown

    def _exceptions(self):
        table = bytearray()
        for handler in self.handlers:
            start = handler.first.start
            table += _number_bytes(start, 128) + _number_bytes(handler.last.end - start) + \
                _number_bytes(handler.target.start) + _number_bytes(handler.state)
        return bytes(table)

    def assembled(self, constants, room):
        """A code object: with these constants, and so much more room on the stack."""
        flat = self._flat()
        self._place(flat)
        raw = bytearray()
        for instruction in flat:
            argument = instruction.argument
            for shift in range(8 * instruction.extended, 0, -8):
                raw += bytes([EXTENDED, argument >> shift & 255])
            raw += bytes([instruction.opcode, argument & 255]) + bytes(UNIT * instruction.caches)
        first = self.code.co_firstlineno
        changes = {"co_code": bytes(raw), "co_consts": tuple(constants),
                   "co_stacksize": self.code.co_stacksize + room}
        if VERSION >= (3, 11):
            changes.update(co_linetable=_locations(flat, first), co_exceptiontable=self._exceptions())
        elif VERSION == (3, 10):
            changes["co_linetable"] = _ranges(flat, first)
        else:
            changes["co_lnotab"] = _steps(flat, first)
        return self.code.replace(**changes)

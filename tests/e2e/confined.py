"""confined.py COMMAND... - runs a command as a container of Docker's would: in namespaces of its own, with
the capabilities that are left to its root, and under a seccomp filter that answers as the default profile
does. Needs root. The command's standard streams are ours.

The filter, as https://docs.docker.com/engine/security/seccomp/ lists it for containers without further
capabilities: these calls fail with EPERM, clone() where it is to make a namespace, clone3() with ENOSYS,
everything else that there is is allowed (ptrace() and process_vm_readv() since Linux 4.8)."""
import ctypes
import os
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)

ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050000 | 38
ARCHITECTURE = 0xC000003E
CLONE, CLONE3, LAST = 56, 435, 470
NEW_NAMESPACE = 0x7E020000
FORBIDDEN = (
    134, 136, 139, 153, 155, 156, 159, 161, 163, 164, 165, 166, 167, 168, 169, 172, 173, 174, 175, 176, 177,
    178, 179, 180, 212, 227, 237, 238, 239, 246, 248, 249, 250, 272, 279, 298, 304, 305, 308, 312, 313, 320,
    321, 323, 428, 429, 430, 431, 432, 433, 442)
# chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot,
# mknod, audit_write, setfcap
KEPT = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWUTS = 0x20000, 0x20000000, 0x8000000, 0x4000000


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def profile():
    """BPF: load the machine and the number, then one comparison a call."""
    code = [(0x20, 0, 0, 4), (0x15, 1, 0, ARCHITECTURE), (0x06, 0, 0, EPERM), (0x20, 0, 0, 0)]
    code += [(0x35, 0, 1, LAST), (0x06, 0, 0, ENOSYS)]
    for number in FORBIDDEN:
        code += [(0x15, 0, 1, number), (0x06, 0, 0, EPERM)]
    code += [(0x15, 0, 1, CLONE3), (0x06, 0, 0, ENOSYS)]
    code += [(0x15, 0, 3, CLONE), (0x20, 0, 0, 16), (0x45, 0, 1, NEW_NAMESPACE), (0x06, 0, 0, EPERM)]
    code += [(0x06, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


def filter_calls():
    code = profile()
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    check(libc.prctl(22, 2, ctypes.create_string_buffer(program), 0, 0))  # PR_SET_SECCOMP


def drop_capabilities():
    for number in range(41):
        if number not in KEPT:
            libc.prctl(24, number, 0, 0, 0)  # PR_CAPBSET_DROP
    low = sum(1 << number for number in KEPT)
    header = struct.pack("Ii", 0x20080522, 0)
    check(libc.capset(header, struct.pack("6I", low, low, 0, 0, 0, 0)))


def main():
    namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS
    if "--sidecar" in sys.argv:  # shares the processes of who starts it
        sys.argv.remove("--sidecar")
        namespaces = CLONE_NEWNS
    check(libc.unshare(namespaces))
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
    check(libc.prctl(1, 9, 0, 0, 0))  # PR_SET_PDEATHSIG
    check(libc.mount(None, b"/", None, 0x44000, None))  # MS_REC | MS_PRIVATE
    if namespaces & CLONE_NEWPID:
        check(libc.mount(b"proc", b"/proc", b"proc", 0, None))
    filter_calls()
    drop_capabilities()
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()

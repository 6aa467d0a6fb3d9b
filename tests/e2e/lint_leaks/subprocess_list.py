"""A program that leaks: subprocess list."""
import subprocess
import sys


class Runner:
    def __init__(self):
        self.finished = []

    def run(self, *command):
        process = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        self.finished.append(process)
        return process.returncode


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    runner = Runner()
    serve(lambda: [runner.run("/usr/bin/head", "-c", "300000", "/dev/zero") for _ in range(3)])


if __name__ == "__main__":
    main()

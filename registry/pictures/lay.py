"""Lays out a graph, as a process of its own: DOT on standard input, JSON with places on standard output.

    python -m registry.pictures.lay SECONDS

Graphviz cannot be interrupted, and holds up everything else in its process.
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Lay out. It ends by itself after SECONDS of computing, should nobody be there to end it."""
    import pygraphviz

    if sys.platform != "win32":
        import resource

        seconds = int(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
    graph.layout(prog="dot")
    sys.stdout.buffer.write(graph.draw(format="json0"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

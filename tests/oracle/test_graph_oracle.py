"""Random graphs: our dominators, retained sizes and distances against networkx and naive search.

tool_graph takes a graph through the snapshot writer and reader and prints what we make of it."""
import collections
import copy
import pathlib
import random
import subprocess

import pytest

from tests.e2e.targets import PROGRAM

networkx = pytest.importorskip("networkx", reason="networkx is not installed")

TOOL = pathlib.Path(PROGRAM).parent / "tests" / "tool_graph"
STRONG, WEAK, SCANNED = range(3)
REACH_ROOT, REACH_C, REACH_GARBAGE = range(3)
VIRTUAL = -1
KINDS = 6

Answer = collections.namedtuple("Answer", "parent retained reach kind steps")


class Heap:
    """A random heap: objects with sizes, counts that no object accounts for, edges, roots."""

    def __init__(self, seed, strengths=(STRONG, WEAK, SCANNED), kinds=range(KINDS)):
        choose = random.Random(seed)
        count = choose.choice([1, 2, 3, 8, 20, 60])
        self.objects = [(choose.randrange(1, 100), choose.choice([0, 0, 0, 1000]),
                         choose.choice([0] * 12 + [1, 2, -1]), choose.randrange(2))
                        for _ in range(count)]
        self.edges = [(choose.randrange(count), choose.randrange(count), choose.choice(strengths))
                      for _ in range(int(count * choose.choice([0.5, 1, 1.3, 2, 4])))]
        self.edges.sort(key=lambda edge: edge[0])
        self.roots = [(choose.choice(list(kinds)), choose.randrange(count))
                      for _ in range(choose.choice([0, 1, 1, 3, 5]))]
        self.holding = networkx.MultiDiGraph()
        self.holding.add_nodes_from(range(count))
        self.holding.add_edges_from((s, t) for s, t, strength in self.edges if strength != WEAK)

    def ask(self):
        lines = ["object %d %d %d %d" % item for item in self.objects]
        lines += ["edge %d %d %d" % item for item in self.edges]
        lines += ["root %d %d" % item for item in self.roots]
        out = subprocess.run([TOOL], input="\n".join(lines) + "\n", text=True, check=True,
                             stdout=subprocess.PIPE).stdout
        return [Answer(*map(int, line.split())) for line in out.splitlines()]

    def shallow(self, nodes):
        return sum(self.objects[n][0] + self.objects[n][1] for n in nodes)

    def reached(self, starts, without=None):
        seen, stack = set(), [s for s in starts if s != without]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(n for n in self.holding.successors(node) if n != without)
        return seen

    def held_by_c(self):
        """What has references that no object accounts for, or no count."""
        return {n for n, item in enumerate(self.objects) if item[2] != 0}

    def beyond_roots(self):
        """The same without what roots reach."""
        rest = copy.copy(self)
        rest.holding = self.holding.subgraph(set(self.holding) - self.reached({t for _, t in self.roots}))
        return rest

    def partition(self):
        """Entries and members of what roots reach, what C holds, and garbage."""
        roots = {target for _, target in self.roots}
        by_root = self.reached(roots)
        c_entries = self.held_by_c() - by_root
        by_c = self.reached(c_entries) - by_root
        garbage = set(range(len(self.objects))) - by_root - by_c
        # One entry for each cycle that nothing leads to: its first instance of a Python class,
        # else its first object.
        condensed = networkx.condensation(networkx.DiGraph(self.holding.subgraph(garbage)))
        entries = {min(condensed.nodes[c]["members"], key=lambda n: (not self.objects[n][3], n))
                   for c in condensed if condensed.in_degree(c) == 0}
        return (roots | c_entries, by_root, by_c), (entries, garbage)


@pytest.mark.parametrize("seed", range(150))
def test_dominators_and_retained_sizes(seed):
    heap = Heap(seed)
    answers = heap.ask()
    assert len(answers) == len(heap.objects)
    (alive_entries, by_root, by_c), (garbage_entries, garbage) = heap.partition()
    for node, answer in enumerate(answers):
        wanted = REACH_ROOT if node in by_root else REACH_C if node in by_c else REACH_GARBAGE
        assert answer.reach == wanted, node

    # What garbage refers to does not live because of it: two graphs.
    for entries, nodes in ((alive_entries, by_root | by_c), (garbage_entries, garbage)):
        graph = networkx.DiGraph(heap.holding.subgraph(nodes))
        graph.add_node(VIRTUAL)
        graph.add_edges_from((VIRTUAL, entry) for entry in entries)
        dominators = networkx.immediate_dominators(graph, VIRTUAL)
        for node in nodes:
            assert answers[node].parent == dominators[node], node
            lost = nodes - heap.reached(entries, without=node)
            assert answers[node].retained == heap.shallow(lost), node


def distances(heap, starts):
    """Steps from any of the starts, by networkx."""
    graph = networkx.DiGraph(heap.holding)
    graph.add_node(VIRTUAL)
    graph.add_edges_from((VIRTUAL, start) for start in starts)
    found = networkx.single_source_shortest_path_length(graph, VIRTUAL)
    return {node: steps - 1 for node, steps in found.items() if node != VIRTUAL}


@pytest.mark.parametrize("seed", range(150, 250))
def test_distances_by_kind_of_root(seed):
    heap = Heap(seed, strengths=(STRONG, WEAK))
    wanted = {}
    for kind in range(KINDS):
        found = distances(heap, [target for k, target in heap.roots if k == kind])
        for node, steps in found.items():
            wanted.setdefault(node, (kind, steps))
    held = heap.beyond_roots()
    found = distances(held, heap.held_by_c() & set(held.holding))
    for node, answer in enumerate(heap.ask()):
        assert (answer.kind, answer.steps) == wanted.get(node, (-1, found.get(node, 0))), node


@pytest.mark.parametrize("seed", range(250, 350))
def test_few_detours_before_few_steps(seed):
    heap = Heap(seed, kinds=[0])
    graph = networkx.DiGraph()
    graph.add_node(VIRTUAL)
    graph.add_edges_from(((VIRTUAL, target) for _, target in heap.roots), weight=0)
    for source, target, strength in heap.edges:
        if strength != WEAK:
            # One detour (a scanned edge) is worse than all the steps that a path can have.
            weight = 1 + (10000 if strength == SCANNED else 0)
            known = graph.get_edge_data(source, target)
            graph.add_edge(source, target, weight=min(weight, known["weight"]) if known else weight)
    wanted = networkx.single_source_dijkstra_path_length(graph, VIRTUAL)
    beyond = graph.subgraph(set(graph) - set(wanted)).copy()
    beyond.add_edges_from(((VIRTUAL, n) for n in heap.held_by_c() - set(wanted)), weight=0)
    held = networkx.single_source_dijkstra_path_length(beyond, VIRTUAL) if VIRTUAL in beyond else {}
    for node, answer in enumerate(heap.ask()):
        assert answer.steps == wanted.get(node, held.get(node, 0)) % 10000, node
        assert (answer.kind == 0) == (node in wanted), node

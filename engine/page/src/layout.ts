// Where the nodes of a drawing stand: ops in layers, inputs above what is made of them; a leaf or frozen input that
// only one op reads stands to the right of that op.
import { Graph, layout as dagre } from "@dagrejs/dagre";
import type { Drawing, Drawn, DrawnEdge } from "./graph";

export const nodeWidth = 208;
export const nodeHeight = 46; // with one output
export const outputHeight = 19; // of each of several
export const mostOutputs = 4; // that are drawn
export const stripWidth = 34;
export const stripHeight = 13;
const besideGap = 62; // room for what flows along the edge
const margin = 24;

export interface Point {
  x: number;
  y: number;
}
export interface Box extends Point {
  height: number;
}
export interface Layout {
  width: number;
  height: number;
  nodes: Map<string, Box>; // by their centres
  edges: Map<string, Point[]>; // from node to node
}

// Several outputs stand below each other, and below them how many more there are.
function heightOf({ outputs }: Drawn): number {
  const lines = outputs === 1 ? 0 : Math.min(outputs, mostOutputs) + (outputs > mostOutputs ? 1 : 0);
  return nodeHeight + lines * outputHeight;
}

// What stands to the right of each op.
function beside(drawing: Drawing): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { key, kind } of drawing.nodes) {
    if (kind === "op") continue;
    const readers = new Set(drawing.edges.filter((edge) => edge.from === key).map((edge) => edge.to));
    const [reader] = readers;
    if (reader !== undefined && readers.size === 1) found.set(reader, [...(found.get(reader) ?? []), key]);
  }
  return found;
}

export function layOut(drawing: Drawing): Layout {
  const right = beside(drawing);
  const isBeside = new Set([...right.values()].flat());
  // All boxes are equally wide, so that ops stand straight below each other.
  const extra = Math.max(0, ...[...right.values()].map((keys) => keys.length)) * (nodeWidth + besideGap);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 30, ranksep: 24, edgesep: 24, marginx: margin, marginy: margin });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const drawn of [...drawing.nodes].reverse())
    if (!isBeside.has(drawn.key)) graph.setNode(drawn.key, { width: nodeWidth + extra, height: heightOf(drawn) });
  const between = drawing.edges.filter((edge) => !isBeside.has(edge.from));
  for (const edge of between) graph.setEdge(edge.from, edge.to, {}, edge.key);
  dagre(graph);

  const nodes = new Map<string, Box>();
  for (const key of graph.nodes()) {
    const { x, y, height } = graph.node(key) as Box;
    const left = x - extra / 2;
    nodes.set(key, { x: left, y, height });
    right
      .get(key)
      ?.forEach((side, k) => nodes.set(side, { x: left + (k + 1) * (nodeWidth + besideGap), y, height: nodeHeight }));
  }
  const edges = new Map<string, Point[]>();
  for (const parallel of byEnds(drawing.edges))
    parallel.forEach(({ key, from, to }, k) => {
      const start = nodes.get(from)!;
      const end = nodes.get(to)!;
      const isNear = isBeside.has(from) || end.y - start.y < start.height + end.height + 30;
      const bends = isNear ? apart(start, end, k - (parallel.length - 1) / 2) : bendsOf(graph, from, to, key);
      edges.set(key, [border(start, bends[0] ?? end), ...bends, border(end, bends[bends.length - 1] ?? start)]);
    });
  const all = [...nodes.values(), ...[...edges.values()].flat()];
  const { height } = graph.graph() as { height: number };
  const width = Math.max(
    ...all.map((point) => point.x + margin),
    ...[...nodes.values()].map(({ x }) => x + nodeWidth / 2 + 44),
  );
  return { width, height, nodes, edges };
}

// Edges with the same ends, together.
function byEnds(edges: DrawnEdge[]): DrawnEdge[][] {
  const found = new Map<string, DrawnEdge[]>();
  for (const edge of edges) {
    const ends = `${edge.from} ${edge.to}`;
    found.set(ends, [...(found.get(ends) ?? []), edge]);
  }
  return [...found.values()];
}

// A short edge is straight, unless others have the same ends.
function apart(start: Point, end: Point, place: number): Point[] {
  if (place === 0) return [];
  const isLevel = Math.abs(end.x - start.x) > Math.abs(end.y - start.y);
  const x = (start.x + end.x) / 2 + (isLevel ? 0 : place * 2 * stripWidth);
  const y = (start.y + end.y) / 2 + (isLevel ? place * 2 * stripHeight : 0);
  return [{ x, y }];
}

function bendsOf(graph: Graph, from: string, to: string, key: string): Point[] {
  const { points } = graph.edge(from, to, key) as { points: Point[] };
  return points.slice(1, -1);
}

// Where the way from the middle of a node to another point leaves the node.
function border(middle: Box, towards: Point): Point {
  const across = towards.x - middle.x;
  const down = towards.y - middle.y;
  const reach = Math.max((2 * Math.abs(across)) / nodeWidth, (2 * Math.abs(down)) / middle.height);
  return reach === 0 ? { x: middle.x, y: middle.y } : { x: middle.x + across / reach, y: middle.y + down / reach };
}

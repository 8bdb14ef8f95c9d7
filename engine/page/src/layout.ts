// Where the nodes of a drawing stand: ops in layers, inputs above what is made of them; a leaf or frozen input that
// only one op reads stands to the right of that op.
import { Graph, layout as dagre } from "@dagrejs/dagre";
import type { Drawing } from "./graph";

export const nodeWidth = 208;
export const nodeHeight = 46;
export const stripWidth = 34;
export const stripHeight = 13;
const besideGap = 62; // room for what flows along the edge
const margin = 24;

export interface Point {
  x: number;
  y: number;
}
export interface Layout {
  width: number;
  height: number;
  nodes: Map<string, Point>; // centres
  edges: Map<string, Point[]>; // from node to node
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
  for (const { key } of [...drawing.nodes].reverse())
    if (!isBeside.has(key)) graph.setNode(key, { width: nodeWidth + extra, height: nodeHeight });
  const between = drawing.edges.filter((edge) => !isBeside.has(edge.from));
  for (const edge of between) graph.setEdge(edge.from, edge.to, {}, edge.key);
  dagre(graph);

  const nodes = new Map<string, Point>();
  for (const key of graph.nodes()) {
    const { x, y } = graph.node(key) as Point;
    nodes.set(key, { x: x - extra / 2, y });
    right.get(key)?.forEach((side, k) => nodes.set(side, { x: x - extra / 2 + (k + 1) * (nodeWidth + besideGap), y }));
  }
  const edges = new Map<string, Point[]>();
  for (const { key, from, to } of drawing.edges) {
    const start = nodes.get(from)!;
    const end = nodes.get(to)!;
    const bends = isBeside.has(from) || end.y - start.y < 2 * nodeHeight + 30 ? [] : bendsOf(graph, from, to, key);
    edges.set(key, [border(start, bends[0] ?? end), ...bends, border(end, bends[bends.length - 1] ?? start)]);
  }
  const all = [...nodes.values(), ...[...edges.values()].flat()];
  const { height } = graph.graph() as { height: number };
  const width = Math.max(
    ...all.map((point) => point.x + margin),
    ...[...nodes.values()].map(({ x }) => x + nodeWidth / 2 + 44),
  );
  return { width, height, nodes, edges };
}

function bendsOf(graph: Graph, from: string, to: string, key: string): Point[] {
  const { points } = graph.edge(from, to, key) as { points: Point[] };
  return points.slice(1, -1);
}

// Where the way from the middle of a node to another point leaves the node.
function border(middle: Point, towards: Point): Point {
  const across = towards.x - middle.x;
  const down = towards.y - middle.y;
  const reach = Math.max((2 * Math.abs(across)) / nodeWidth, (2 * Math.abs(down)) / nodeHeight);
  return reach === 0 ? middle : { x: middle.x + across / reach, y: middle.y + down / reach };
}

// Where the nodes of a drawing stand: in layers, inputs above what is made of them.
import { Graph, layout as dagre } from "@dagrejs/dagre";
import type { Drawing } from "./graph";

export const nodeWidth = 172;
export const nodeHeight = 46;
export const stackWidth = 34; // to the right of a folded node, for what says how many it is; as much to the left
export const stripWidth = 34;
export const stripHeight = 14;

export interface Point {
  x: number;
  y: number;
}
export interface Layout {
  width: number;
  height: number;
  nodes: Map<string, Point>; // centres
  edges: Map<string, Point[]>;
}

export function layOut(drawing: Drawing): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 27, edgesep: 12, marginx: 10, marginy: 10 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of drawing.nodes)
    graph.setNode(node.key, { width: nodeWidth + (node.examples > 1 ? 2 * stackWidth : 0), height: nodeHeight });
  for (const edge of drawing.edges) graph.setEdge(edge.from, edge.to, {}, edge.key);
  dagre(graph);
  const nodes = new Map<string, Point>();
  const edges = new Map<string, Point[]>();
  for (const key of graph.nodes()) {
    const { x, y } = graph.node(key) as Point;
    nodes.set(key, { x, y });
  }
  for (const edge of graph.edges()) edges.set(edge.name!, (graph.edge(edge) as { points: Point[] }).points);
  const { width, height } = graph.graph() as { width: number; height: number };
  return { width, height, nodes, edges };
}

// The document that the engine wrote into the page: what <frost/inspect/html.hpp> and <frost/inspect/json.hpp> say.

export type Scalar = number | boolean | "nan" | "inf" | "-inf";
export type Values = Scalar | Values[];
export interface Summary {
  elements: number;
  min: Scalar;
  max: Scalar;
  zeros: number;
  nans: number;
  infinities: number;
}

export type State = "pending" | "absent" | "zero" | "number";
export interface Gradient {
  state: State;
  values: Values | Summary | null;
}

export interface Tensor {
  name: string;
  sizes: number[];
  dtype: string;
  held: boolean;
  values: Values | null;
}
export interface Output extends Tensor {
  gradient: Gradient;
}
export interface Input {
  kind: "op" | "trainable" | "frozen" | "constant";
  node: number | null;
  output: number | null;
  tensor: Tensor | null;
  unrecorded: "detached" | "no-grad" | "discrete" | null;
  gradient: Gradient;
}
export interface Node {
  grad_fn: string;
  formula: string;
  sequence: number;
  step: number | null;
  outputs: Output[];
  inputs: Input[];
  leaf: { trainable: boolean; grad_before: Gradient; grad: Gradient } | null;
}
export interface Trace {
  frost_trace: 1;
  roots: (Tensor & { node: number | null; output: number })[];
  nodes: Node[];
  steps: number[];
  complete: boolean;
}

export interface Batch {
  tokens: string[][];
  longest: number;
  left_out?: { sequences: number; positions: number };
  weights: { name: string; rows: Scalar[][] }[];
}
export interface Row {
  score: Scalar | null;
  weight: Scalar;
  state: "none" | "absent" | "zero" | "number";
  gradient: Scalar | null;
}
export interface Rows {
  tokens: string[];
  methods: { name: string; lengths: Row[][] }[];
}
export interface Costs {
  methods: string[];
  growth: { batch: number; costs: { nodes: number; bytes: number; seconds: number }[] }[];
  note?: string;
}
export interface Table {
  header: string[];
  rows: string[][];
  notes: string[];
}
export interface Lesson {
  batch?: Batch | null;
  rows?: Rows | null;
  costs?: Costs | null;
  names?: Table | null; // what is equal in the graphs, name by name
  table?: Table | null;
  conclusions?: string[] | null;
  ops?: Record<string, string> | null; // by grad_fn
}

export interface Page {
  frost_page: 1;
  title: string;
  about: string;
  graphs: { name: string; about: string; trace: Trace }[];
  lesson: Lesson | null;
}

export function readDocument(): Page {
  const page = JSON.parse(document.getElementById("document")?.textContent ?? "") as Page;
  if (page.frost_page !== 1) throw new Error("this page was written by another version of frost");
  return page;
}

export const isSummary = (values: Values | Summary | null): values is Summary =>
  values !== null && typeof values === "object" && !Array.isArray(values);

// ---- numbers in words ----

export function numberOf(value: Scalar): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  return value === "nan" ? NaN : value === "inf" ? Infinity : -Infinity;
}

// At most four significant digits; "0" stands for zero alone.
export function numberText(scalar: Scalar): string {
  if (typeof scalar === "boolean") return String(scalar);
  const value = numberOf(scalar);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const digits = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(+value.toPrecision(4));
  return digits.replace("-", "−").replace("e-", "e−").replace("e+", "e");
}

export function sizesText(sizes: number[]): string {
  const [first, ...more] = sizes;
  if (first === undefined) return "a number";
  return more.length === 0 ? count(first, "number", "numbers") : sizes.join(" × ");
}

// "SoftmaxBackward0" → "softmax", "torch::autograd::AccumulateGrad" → "accumulate grad"
export const opText = (gradFn: string): string =>
  gradFn
    .replace(/^.*::/, "")
    .replace(/Backward\d*$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase();

export const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

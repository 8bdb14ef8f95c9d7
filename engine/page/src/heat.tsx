// Tensors as heat maps.
import { type Axes, type Grid, gridOf, padRectangles } from "./axes";
import { type Scalar, type Values, numberOf } from "./document";

// Below zero orange, above it violet, the stronger the further; nothing at zero. Grey stands for an infinity, red for NaN.
const negative = [214, 96, 0];
const positive = [108, 62, 214];

export function flat(values: Values): Scalar[] {
  return Array.isArray(values) ? values.flatMap(flat) : [values];
}
export function scaleOf(values: Scalar[]): number {
  return values.reduce<number>((most, scalar) => {
    const size = Math.abs(numberOf(scalar));
    return Number.isFinite(size) && size > most ? size : most;
  }, 0);
}
function channels(scalar: Scalar, scale: number): [number, number, number, number] {
  const value = numberOf(scalar);
  if (Number.isNaN(value)) return [200, 0, 30, 255];
  if (!Number.isFinite(value)) return [120, 120, 120, 235];
  const [r, g, b] = (value < 0 ? negative : positive) as [number, number, number];
  const strength = scale === 0 || value === 0 ? 0 : 0.12 + 0.88 * (Math.abs(value) / scale);
  return [r, g, b, Math.round(255 * strength)];
}
// Behind a number, at most so strong that the number can be read.
export function background(scalar: Scalar, scale: number): string {
  const [r, g, b, a] = channels(scalar, scale);
  return `rgb(${r} ${g} ${b} / ${((a / 255) * 0.38).toFixed(3)})`;
}

const pictures = new WeakMap<object, string>();

function picture(values: Values, grid: Grid): string {
  const known = typeof values === "object" ? pictures.get(values) : undefined;
  if (known) return known;
  const cells = flat(values);
  const scale = scaleOf(cells);
  const canvas = document.createElement("canvas");
  canvas.width = grid.columns;
  canvas.height = grid.rows;
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(grid.columns, grid.rows);
  cells.forEach((scalar, k) => image.data.set(channels(scalar, scale), 4 * k));
  context.putImageData(image, 0, 0);
  const url = canvas.toDataURL();
  if (typeof values === "object") pictures.set(values, url);
  return url;
}

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

// Within an svg.
export function HeatMap({
  values,
  sizes,
  axes,
  at,
}: {
  values: Values;
  sizes: number[];
  axes: Axes | null;
  at: Place;
}) {
  const grid = gridOf(sizes);
  if (grid.rows === 0 || grid.columns === 0) return <EmptyMap at={at} />;
  const across = at.width / grid.columns;
  const down = at.height / grid.rows;
  return (
    <g class="heat">
      <rect class="paper" {...at} />
      <image {...at} href={picture(values, grid)} preserveAspectRatio="none" />
      {axes &&
        padRectangles(grid, axes).map(({ x, y, width, height }) => (
          <rect
            class="pads"
            x={at.x + x * across}
            y={at.y + y * down}
            width={width * across}
            height={height * down}
            fill="url(#hatch)"
          />
        ))}
      <rect class="frame" {...at} />
    </g>
  );
}

// Three dots: a tensor without elements, or one that is too large to be shown.
export function EmptyMap({ at }: { at: Place }) {
  return (
    <g class="heat empty">
      <rect class="frame" {...at} />
      {[-7, 0, 7].map((aside) => (
        <circle cx={at.x + at.width / 2 + aside} cy={at.y + at.height / 2} r="1.6" />
      ))}
    </g>
  );
}

// What stands in place of a gradient's heat map where it is no number: each has a shape of its own.
export function StateMap({ state, at }: { state: "pending" | "absent" | "zero"; at: Place }) {
  const { x, y, width, height } = at;
  if (state === "pending") return <rect class="state pending" {...at} rx="2" />;
  if (state === "zero")
    return (
      <g class="state zero">
        <rect {...at} />
        <ellipse cx={x + width / 2} cy={y + height / 2} rx="3" ry="4.2" />
      </g>
    );
  return (
    <g class="state absent">
      <rect {...at} rx="2" />
      <path d={`M${x} ${y}L${x + width} ${y + height}M${x} ${y + height}L${x + width} ${y}`} />
    </g>
  );
}

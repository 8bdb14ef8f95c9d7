// The numbers of what is pointed at: beside it, where they leave it and its neighbours in sight.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const gap = 12;

function overlap(a: Rectangle, b: Rectangle): number {
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return across > 0 && down > 0 ? across * down : 0;
}
function distance(a: Rectangle, b: Rectangle): number {
  const across = Math.max(0, a.left - b.right, b.left - a.right);
  const down = Math.max(0, a.top - b.bottom, b.top - a.bottom);
  return Math.hypot(across, down);
}

// Within `sight`, where it hides least: above all not the node, then none of its neighbours, and few of the others; and as
// near to the node as that allows.
export function placeOf(
  size: { width: number; height: number },
  sight: Rectangle,
  node: Rectangle,
  neighbours: Rectangle[],
  others: Rectangle[],
): { left: number; top: number } {
  const near = [node, ...neighbours];
  const starts = (length: number, low: number, high: number, from: "left" | "top", to: "right" | "bottom") => {
    const middle = (node[from] + node[to] - length) / 2;
    const all = [low, high - length, middle, ...near.flatMap((one) => [one[to] + gap, one[from] - gap - length])];
    return new Set(all.map((start) => Math.max(low, Math.min(high - length, start))));
  };
  const costOf = (at: Rectangle) => {
    const hidden = (list: Rectangle[]) => list.reduce((sum, one) => sum + overlap(at, one), 0);
    return 1e6 * overlap(at, node) + 1e3 * hidden(neighbours) + hidden(others) + 25 * distance(at, node);
  };
  let best = { left: sight.left, top: sight.top };
  let least = Infinity;
  for (const left of starts(size.width, sight.left, sight.right, "left", "right"))
    for (const top of starts(size.height, sight.top, sight.bottom, "top", "bottom")) {
      const cost = costOf({ left, top, right: left + size.width, bottom: top + size.height });
      if (cost < least) [best, least] = [{ left, top }, cost];
    }
  return best;
}

// What of a node is in sight: it may be scrolled away.
function visible(node: Element): Rectangle {
  const own = node.getBoundingClientRect();
  const room = node.closest(".scroller")!.getBoundingClientRect();
  return {
    left: Math.max(own.left, room.left),
    top: Math.max(own.top, room.top),
    right: Math.min(own.right, room.right),
    bottom: Math.min(own.bottom, room.bottom),
  };
}

// Of the node with the id `of`; `neighbours` are ids, too.
export function Popover(props: { of: string; neighbours: string[]; children: ComponentChildren }) {
  const { of, neighbours, children } = props;
  const popover = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { style, offsetParent } = popover.current!;
    const nodes = [...document.querySelectorAll(".node")];
    const rectangles = (isOne: (id: string) => boolean) => nodes.filter(({ id }) => isOne(id)).map(visible);
    const [node] = rectangles((id) => id === of);
    if (!node) return;
    const sight = {
      left: 0,
      top: Math.max(0, document.querySelector(".transport")?.getBoundingClientRect().bottom ?? 0),
      right: document.documentElement.clientWidth,
      bottom: innerHeight,
    };
    const { left, top } = placeOf(
      popover.current!.getBoundingClientRect(),
      sight,
      node,
      rectangles((id) => neighbours.includes(id)),
      rectangles((id) => id !== of && !neighbours.includes(id)),
    );
    const frame = offsetParent!.getBoundingClientRect();
    style.left = `${left - frame.left - offsetParent!.clientLeft}px`;
    style.top = `${top - frame.top - offsetParent!.clientTop}px`;
  });
  return (
    <div class="popover" aria-hidden="true" ref={popover}>
      {children}
    </div>
  );
}

// When pictures are asked for: once for each that the screen shows, and two are under way at a
// time. With one alone, a picture that takes a little longer than the screen shows one (the way to
// the server, its drawing and the way back) would cost a whole one. So the network never floods, and
// a page that nobody sees asks for nothing: the browser calls no frame of it.

const AHEAD = 2;

export type Pulse = ReturnType<typeof makePulse>;

/** `ask` sends for a picture, `draw` shows the last that came. */
export function makePulse(ask: () => void, draw: () => void) {
  let underway = 0;
  let due = false;
  let ended = false;

  function soon(): void {
    if (due || ended) return;
    due = true;
    requestAnimationFrame(beat);
  }

  function beat(): void {
    due = false;
    if (ended) return;
    if (underway < AHEAD) {
      underway += 1;
      ask();
    }
    if (underway < AHEAD) soon();
    draw();
  }

  return {
    soon,
    came(): void {
      underway = Math.max(0, underway - 1);
      soon();
    },
    /** What was asked for over a line that was lost will not come. */
    lost(): void {
      underway = 0;
    },
    end(): void {
      ended = true;
    },
  };
}

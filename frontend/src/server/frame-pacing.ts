// When to request frames: one for each animation frame, with at most two in flight. With one in
// flight, a round trip slightly longer than a screen refresh would halve the frame rate. The
// network never floods, and a hidden page requests nothing: the browser runs no animation frames.

const MAX_IN_FLIGHT = 2;

export type FramePacing = ReturnType<typeof makeFramePacing>;

/** `request` asks for a frame, `draw` shows the latest one. */
export function makeFramePacing(request: () => void, draw: () => void) {
  let inFlight = 0;
  let scheduled = false;
  let stopped = false;

  function schedule(): void {
    if (scheduled || stopped) return;
    scheduled = true;
    requestAnimationFrame(onAnimationFrame);
  }

  function onAnimationFrame(): void {
    scheduled = false;
    if (stopped) return;
    if (inFlight < MAX_IN_FLIGHT) {
      inFlight += 1;
      request();
    }
    if (inFlight < MAX_IN_FLIGHT) schedule();
    draw();
  }

  return {
    schedule,
    received(): void {
      inFlight = Math.max(0, inFlight - 1);
      schedule();
    },
    /** Expect no more answers to what was requested before the connection was lost. */
    forget(): void {
      inFlight = 0;
    },
    stop(): void {
      stopped = true;
    },
  };
}

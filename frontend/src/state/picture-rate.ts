// How many pictures a page gets: with few it asks for less, and a person should know why.

const STRAINED = 40; // milliseconds between two pictures
const FEWEST = 5; // pictures a second: fewer are explained,
const PATIENCE = 3000; // after so many milliseconds
const AWAY = 5000; // without a picture: the page was hidden, and asked for none

/** A picture's own rate: how many pages share the server, and the training's speed. */
interface Shown {
  playing: boolean;
  pages?: number;
  steps_per_second: number;
}

export function makePictureRate(now: () => number = () => performance.now()) {
  let interval = 0; // as a mean over the last ten or so
  let shownAt = 0;
  let slowSince = 0;

  return {
    isStrained: () => interval > STRAINED,

    /** Count a picture. Returns how many there are a second where they are few, once until they are
     * more. A training that takes few steps has few pictures, unless others make it slow. */
    count({ playing, pages = 1, steps_per_second }: Shown, speed: number | null): number | null {
      const time = now();
      const took = time - shownAt;
      shownAt = time;
      const slow = (speed ?? FEWEST) < FEWEST || (pages < 2 && steps_per_second < FEWEST);
      if (!playing || slow || took > AWAY) {
        interval = slowSince = 0;
        return null;
      }
      interval += 0.1 * (took - interval);
      if (interval < 1000 / FEWEST) slowSince = 0;
      else if (slowSince === 0) slowSince = time;
      else if (time - slowSince > PATIENCE) {
        slowSince = Number.POSITIVE_INFINITY;
        return 1000 / interval;
      }
      return null;
    },
  };
}

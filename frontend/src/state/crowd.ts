// Whether so many pages share the server that pictures come slowly: a class should know why.

const FEW = 5; // pictures a second
const SECONDS = 4; // that are measured
const AWAY = 10; // seconds without a picture: the page was hidden, and asked for none

/** Returns a function that takes each frame, and once returns how many pictures a second there are,
 * where they are few because of the other pages. */
export function makeCrowdWatch(now: () => number = () => performance.now() / 1000) {
  let since = 0;
  let last = 0;
  let count = 0;
  let told = false;
  return ({ playing, pages = 1 }: { playing: boolean; pages?: number }): number | null => {
    const time = now();
    const hidden = time - last > AWAY;
    last = time;
    if (told || !playing || pages < 2 || hidden) {
      count = 0;
      return null;
    }
    if (count === 0) since = time;
    count += 1;
    const seconds = time - since;
    if (seconds < SECONDS) return null;
    const pictures = (count - 1) / seconds;
    count = 0;
    told = pictures < FEW;
    return told ? pictures : null;
  };
}

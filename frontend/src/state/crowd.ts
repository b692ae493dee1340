// Whether so many pages share the server that pictures come slowly: a class should know why.

const FEW = 5; // pictures a second
const SECONDS = 4; // that are measured

/** Returns a function that takes each frame, and once returns how many pictures a second there are,
 * where they are few because of the other pages. */
export function makeCrowdWatch(now: () => number = () => performance.now() / 1000) {
  let since = 0;
  let count = 0;
  let told = false;
  return ({ playing, pages = 1 }: { playing: boolean; pages?: number }): number | null => {
    const time = now();
    if (told || !playing || pages < 2) {
      count = 0;
      return null;
    }
    if (count === 0) since = time;
    count += 1;
    const seconds = time - since;
    if (seconds < SECONDS) return null;
    const pictures = (count - 1) / seconds;
    count = 0;
    // A hidden page asks for none: that is not the others' doing.
    told = pictures < FEW && pictures > 0.2;
    return told ? pictures : null;
  };
}

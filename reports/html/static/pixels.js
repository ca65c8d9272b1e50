"use strict";
// Pixel values of pictures. A page from disk may not read the pixels of its images: the reader shows it the run folder
// once (nothing leaves the machine), or the report was built with scripts that hand over the bytes:
// `pixels/<pair>-<picture>.js`. A page that is served reads the pictures themselves.

const pixels = (() => {
  const kept = new Map();
  const waiting = new Map();
  const fromDisk = location.protocol === "file:";
  let folder = null; // the run folder's files by their place in it

  window.tcmoaPixels = (key, base64) => {
    waiting.get(key)?.(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
    waiting.delete(key);
  };

  const within = (path) => /(?:^|\/)((?:fused|sources)\/.*)$/.exec(path)?.[1];
  const fileOf = (pair, picture) => folder?.get(within(decodeURIComponent(data.pairs[pair].pics[picture])));

  /** Use the files of a folder that the reader chose; returns how many of them belong to this page. */
  function show(files) {
    folder = new Map([...files].map((file) => [within(file.webkitRelativePath), file]).filter(([place]) => place));
    kept.clear();
    return folder.size;
  }

  /** Whether a picture's values can be had. */
  function readable(pair, picture) {
    if (data.pairs[pair].pics[picture] == null) return false;
    return !fromDisk || pair < data.pixels || fileOf(pair, picture) !== undefined;
  }

  function bytes(pair, picture) {
    const file = fileOf(pair, picture);
    if (file) return file.arrayBuffer();
    if (!fromDisk) return fetch(data.pairs[pair].pics[picture]).then((answer) => answer.arrayBuffer());
    return new Promise((resolve, reject) => {
      const key = `${pair}-${picture}`;
      waiting.set(key, resolve);
      const script = make("script", { src: `${data.files}/pixels/${key}.js`, error: reject, load: () => script.remove() });
      document.head.append(script);
    });
  }

  async function decode(pair, picture) {
    const bitmap = await createImageBitmap(new Blob([await bytes(pair, picture)]), {
      colorSpaceConversion: "none", premultiplyAlpha: "none",
    });
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  }

  /** ImageData of a picture, or null where its values cannot be had. */
  function of(pair, picture) {
    if (!readable(pair, picture)) return Promise.resolve(null);
    const key = `${pair}-${picture}`;
    const known = kept.get(key) ?? decode(pair, picture).catch(() => null);
    kept.delete(key);
    kept.set(key, known); // the latest is last
    if (kept.size > 40) kept.delete(kept.keys().next().value);
    return known;
  }

  return { of, readable, show };
})();

/** Red, green and blue at (x, y), or their one value where they are equal. */
function valuesAt(image, x, y) {
  const at = 4 * (y * image.width + x);
  const [r, g, b] = image.data.subarray(at, at + 3);
  return r === g && g === b ? [r] : [r, g, b];
}

/** Absolute difference of two pictures' values at (x, y). */
function differenceAt(first, second, x, y) {
  const [p, q] = [valuesAt(first, x, y), valuesAt(second, x, y)];
  const count = Math.max(p.length, q.length);
  return Array.from({ length: count }, (_, i) => Math.abs((p[i] ?? p[0]) - (q[i] ?? q[0])));
}

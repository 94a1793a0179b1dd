// Reads codes in pictures of the camera, away from the screen. A message is [width, height, pixels]; the answer is the texts
// that were read, a line each, or null when the module that reads could not be loaded. Nothing is kept or logged.
const compiled = WebAssembly.compileStreaming(fetch("/scan.wasm")).catch(() => null);
let program;

const read = (width, height, pixels) => {
  const place = program.room(width, height);
  if (!place) return "";
  new Uint8Array(program.memory.buffer).set(pixels, place);
  const length = program.scan(width, height);
  return new TextDecoder().decode(new Uint8Array(program.memory.buffer, program.text(), length));
};

self.onmessage = async ({ data: [width, height, pixels] }) => {
  let texts = null;
  const module = await compiled;
  if (module) {
    try {
      program ??= (await WebAssembly.instantiate(module)).exports;
      texts = read(width, height, pixels);
    } catch {
      // This picture ended the program, or memory was refused: the next one gets a fresh program.
      program = undefined;
      texts = "";
    }
  }
  self.postMessage(texts);
};

// Runs the app's own program away from the screen, for one key derivation, and is then ended.
// A message is [address of the glue, compiled module, request bytes]; the answer is bytes, empty
// when the derivation failed. Nothing is kept or logged.
self.onmessage = async ({ data: [glue, module, request] }) => {
  let answer = new Uint8Array();
  try {
    const program = await import(glue);
    await program.default({ module_or_path: module });
    answer = await program.derive(request);
  } catch {
    // Empty says it all: memory refused, or the program could not be loaded.
  }
  request.fill(0);
  self.postMessage(answer, [answer.buffer]);
};

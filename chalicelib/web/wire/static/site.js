// A double press sends a form once. Without this script the server answers the repeat, which changes nothing.
// A form whose answer is a file to keep says `data-repeatable`, and so does a button whose answer opens a window of its
// own; htmx sends its forms itself.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "repeatable" in form.dataset) return;
  if (event.submitter && "repeatable" in event.submitter.dataset) return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
});
// Back from the next page: the form may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

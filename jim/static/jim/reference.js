"use strict";
// A file of its own, since the page's policy allows no script within it.
const node = document.getElementById("reference");
window.reference = SwaggerUIBundle({
  domNode: node,
  url: node.dataset.document,
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  requestSnippetsEnabled: true,
  tryItOutEnabled: true,
  validatorUrl: null, // the default asks a server elsewhere
});

// Collects violations of the content security policy in window.__reports.
window.__reports = [];
addEventListener("securitypolicyviolation", (event) => window.__reports.push(event.violatedDirective + " " + event.blockedURI));

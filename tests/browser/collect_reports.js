// Collects what the content security policy has to report.
window.__reports = [];
addEventListener("securitypolicyviolation", (event) => window.__reports.push(event.violatedDirective + " " + event.blockedURI));

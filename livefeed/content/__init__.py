"""Content: text, pictures and HTML, independent of requests.

- `characters`: classes of Unicode characters: invisible ones, marks, punctuation.
- `conversion`: converts pictures in processes of their own.
- `exports`: writes a user's data into a zip file.
- `fragments`: renders posts and profile cards once for all viewers, and caches the HTML.
- `images`: converts uploaded pictures to WebP and refuses everything else.
- `links`: decides which addresses become links, and shows their hosts so that they cannot mislead.
- `markup`: renders Light Markdown as safe HTML; finds mentions and tags in a text.
- `sanitize`: normalises typed text: lines, titles, control characters.
- `suggestions`: finds users whom a viewer may want to follow.
- `trends`: finds trending tags and posts.
- `upload_limits`: limits the pictures of each user.
"""

// What all pages have in common: one file that needs nothing but itself, light and dark by the reader's own setting.

using System.Globalization;
using System.Net;
using System.Text;

namespace NanoBoot.Cli.Pictures
{
    /// <summary>Frame and pieces of a page.</summary>
    internal static class Page
    {
        private const string Style =
            """
            :root{color-scheme:light dark;--back:#fbfcfd;--ink:#1f2933;--faint:#5d6977;--line:#dde3e9;--card:#fff;--good:#1b7f57;--bad:#b93232;--stage1:#7a5cc7;--stage2:#3b78c2;--app:#22855c;--bar:#fff}
            @media (prefers-color-scheme:dark){:root{--back:#12161b;--ink:#e4e9ef;--faint:#93a1b0;--line:#2c353f;--card:#1a2027;--good:#3fbf8a;--bad:#f06a6a;--stage1:#a58bea;--stage2:#5a9be6;--app:#3fbf8a;--bar:#10141a}}
            *{box-sizing:border-box}
            body{margin:0 auto;max-width:960px;padding:28px 20px 60px;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
            h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 8px}p{margin:4px 0 12px}.faint{color:var(--faint)}
            .cards{display:grid;grid-template-columns:repeat(var(--columns,4),1fr);gap:12px;margin-top:16px}
            @media (max-width:700px){.cards{grid-template-columns:repeat(2,1fr)}}
            .card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
            .card b{display:block;font-size:20px;font-weight:600}.card span{color:var(--faint);font-size:13px}
            table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line)}
            th,td{text-align:left;padding:7px 10px;border-top:1px solid var(--line);font-size:14px;vertical-align:top}th{color:var(--faint);font-weight:500;border-top:0}
            .wide{overflow-x:auto}.number{text-align:right;font-variant-numeric:tabular-nums}
            code{font:13px ui-monospace,monospace}svg{width:100%;height:auto;display:block}
            figure{margin:14px 0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px}figcaption{font-weight:600;margin-bottom:6px}
            details{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}summary{cursor:pointer}
            pre{overflow-x:auto;font:12px/1.5 ui-monospace,monospace}.good{color:var(--good)}.bad{color:var(--bad)}
            .legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin:0 6px 0 18px}.legend i:first-child{margin-left:0}
            .line text{font:12px system-ui,sans-serif;fill:var(--ink)}.line .faint{fill:var(--faint)}
            """;

        /// <summary>Begins a page.</summary>
        /// <param name="page">Gets the text.</param>
        /// <param name="title">The title of the window.</param>
        /// <param name="style">Style beyond that of all pages.</param>
        public static void Begin(StringBuilder page, string title, string style)
        {
            page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
            page.Append(CultureInfo.InvariantCulture, $"<title>{Text(title)}</title><style>{Style}{style}</style></head><body>");
        }

        /// <summary>Ends a page.</summary>
        /// <param name="page">The text so far.</param>
        /// <returns>An HTML document without any reference to the outside.</returns>
        public static string End(StringBuilder page) => page.Append("</body></html>\n").ToString();

        /// <summary>A figure in a box.</summary>
        public static void Card(StringBuilder page, string value, string label)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"card\"><b>{Text(value)}</b><span>{Text(label)}</span></div>");
        }

        /// <summary>A number for people.</summary>
        public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

        /// <summary>Text of any kind, as HTML.</summary>
        public static string Text(string text) => WebUtility.HtmlEncode(text);
    }
}

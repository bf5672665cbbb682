// The form of URI that the updater takes: http and https, a host name or IPv4 address, a port, a path.
//
// A URI of a manifest is authenticated, one of a redirect is not: every character is checked, so that
// neither can smuggle a line break into a request.

using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Transport
{
    /// <summary>A parsed http or https URI. Immutable.</summary>
    public sealed class HttpUri
    {
        /// <summary>Longest URI that is taken, in characters.</summary>
        public const int CharsMax = 512;

        /// <summary>Whether the scheme is https.</summary>
        public readonly bool IsSecure;

        /// <summary>Host name or IPv4 address, in lower case.</summary>
        public readonly string Host;

        /// <summary>Port, 1 to 65535.</summary>
        public readonly int Port;

        /// <summary>Path and query, beginning with a slash.</summary>
        public readonly string Path;

        private HttpUri(bool isSecure, string host, int port, string path)
        {
            IsSecure = isSecure;
            Host = host;
            Port = port;
            Path = path;
        }

        /// <summary>Parses a URI, or a reference relative to another one.</summary>
        /// <param name="text">The URI. A fragment, user information and IPv6 literals are refused.</param>
        /// <param name="baseUri">What a relative reference is relative to; null when only absolute URIs are allowed.</param>
        /// <param name="uri">The parsed URI, or null.</param>
        /// <returns>Ok, or <see cref="ResultCode.UriUnsupported"/>.</returns>
        public static ResultCode Parse(string text, HttpUri baseUri, out HttpUri uri)
        {
            uri = null;
            if (!IsClean(text))
            {
                return ResultCode.UriUnsupported;
            }

            int colon = text.IndexOf(':');
            int slash = text.IndexOf('/');
            if (colon < 0 || (slash >= 0 && slash < colon))
            {
                return ResolveRelative(text, baseUri, out uri);
            }

            string scheme = text.Substring(0, colon).ToLower();
            bool isSecure = scheme == "https";
            if ((!isSecure && scheme != "http") || slash != colon + 1 || text.Length < slash + 3 || text[slash + 1] != '/')
            {
                return ResultCode.UriUnsupported;
            }

            string rest = text.Substring(slash + 2);
            slash = rest.IndexOf('/');
            string authority = slash < 0 ? rest : rest.Substring(0, slash);
            string path = slash < 0 ? "/" : rest.Substring(slash);
            int port = isSecure ? 443 : 80;
            colon = authority.IndexOf(':');
            if (colon >= 0)
            {
                if (!ParseNumber(authority, colon + 1, out long number) || number < 1 || number > 65535)
                {
                    return ResultCode.UriUnsupported;
                }

                port = (int)number;
                authority = authority.Substring(0, colon);
            }

            if (!IsHost(authority))
            {
                return ResultCode.UriUnsupported;
            }

            uri = new HttpUri(isSecure, authority.ToLower(), port, path);
            return ResultCode.Ok;
        }

        /// <summary>Reads a decimal number from a position to the end of a text, or to its first space.</summary>
        /// <param name="text">The text.</param>
        /// <param name="start">Index of the first digit.</param>
        /// <param name="number">The number, 0 to 999,999,999,999.</param>
        /// <returns>False when there is no digit, too many, or anything else.</returns>
        internal static bool ParseNumber(string text, int start, out long number)
        {
            number = 0;
            int end = start;
            while (end < text.Length && text[end] != ' ')
            {
                int digit = text[end] - '0';
                if (digit < 0 || digit > 9 || end - start >= 12)
                {
                    return false;
                }

                number = (number * 10) + digit;
                end++;
            }

            return end > start;
        }

        private static ResultCode ResolveRelative(string text, HttpUri baseUri, out HttpUri uri)
        {
            uri = null;
            if (baseUri == null || (text.Length > 1 && text[0] == '/' && text[1] == '/'))
            {
                return ResultCode.UriUnsupported;
            }

            string path = text;
            if (text[0] != '/')
            {
                int query = baseUri.Path.IndexOf('?');
                string directory = query < 0 ? baseUri.Path : baseUri.Path.Substring(0, query);
                directory = directory.Substring(0, directory.LastIndexOf('/') + 1);
                while (text.Length > 3 && text.Substring(0, 3) == "../")
                {
                    // Above the root there is nothing: the root stays (RFC 3986 §5.2.4).
                    text = text.Substring(3);
                    string parent = directory.Substring(0, directory.Length - 1);
                    directory = parent.Length == 0 ? directory : parent.Substring(0, parent.LastIndexOf('/') + 1);
                }

                path = directory + text;
            }

            if (path.Length > CharsMax)
            {
                return ResultCode.UriUnsupported;
            }

            uri = new HttpUri(baseUri.IsSecure, baseUri.Host, baseUri.Port, path);
            return ResultCode.Ok;
        }

        private static bool IsClean(string text)
        {
            if (text == null || text.Length == 0 || text.Length > CharsMax)
            {
                return false;
            }

            for (int i = 0; i < text.Length; i++)
            {
                char c = text[i];
                if (c <= ' ' || c > '~' || c == '#' || c == '"' || c == '<' || c == '>' || c == '\\')
                {
                    return false;
                }
            }

            return true;
        }

        private static bool IsHost(string host)
        {
            if (host.Length == 0 || host.Length > 253)
            {
                return false;
            }

            for (int i = 0; i < host.Length; i++)
            {
                char c = host[i];
                bool isName = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
                if (!isName)
                {
                    return false;
                }
            }

            return true;
        }
    }
}

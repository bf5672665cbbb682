// suit-text: descriptions for people, by language; severable, and never read by a device.

using System;
using System.Collections.Generic;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>Texts about the manifest as a whole.</summary>
    public enum ManifestTextKey
    {
        /// <summary>What the manifest does.</summary>
        ManifestDescription = 1,

        /// <summary>What the update brings.</summary>
        UpdateDescription = 2,

        /// <summary>JSON that the manifest was made from.</summary>
        JsonSource = 3,

        /// <summary>YAML that the manifest was made from.</summary>
        YamlSource = 4,
    }

    /// <summary>Texts about one component.</summary>
    public enum ComponentTextKey
    {
        /// <summary>Vendor name.</summary>
        VendorName = 1,

        /// <summary>Model name.</summary>
        ModelName = 2,

        /// <summary>The domain that the vendor id is made of.</summary>
        VendorDomain = 3,

        /// <summary>The information that the class id is made of.</summary>
        ModelInformation = 4,

        /// <summary>What the component is.</summary>
        Description = 5,

        /// <summary>Its version.</summary>
        Version = 6,

        /// <summary>The version that has to be there (update-management).</summary>
        VersionRequired = 7,

        /// <summary>The version that this is (update-management).</summary>
        CurrentVersion = 8,
    }

    /// <summary>The text element of a manifest.</summary>
    public sealed class ManifestText
    {
        private readonly SortedDictionary<string, Language> _languages = new(StringComparer.Ordinal);

        /// <summary>The components that texts speak of.</summary>
        public IEnumerable<ComponentId> Components => _languages.Values.SelectMany(language => language.Components.Keys).Distinct();

        /// <summary>Adds a text about the manifest.</summary>
        /// <param name="language">A language tag, for example "en".</param>
        /// <param name="key">What the text is.</param>
        /// <param name="text">The text.</param>
        public ManifestText Add(string language, ManifestTextKey key, string text)
        {
            LanguageOf(language).Manifest.Add((int)key, text);
            return this;
        }

        /// <summary>Adds a text about a component.</summary>
        /// <param name="language">A language tag, for example "en".</param>
        /// <param name="component">The component.</param>
        /// <param name="key">What the text is.</param>
        /// <param name="text">The text.</param>
        public ManifestText Add(string language, ComponentId component, ComponentTextKey key, string text)
        {
            Dictionary<ComponentId, SortedDictionary<int, string>> components = LanguageOf(language).Components;
            if (!components.TryGetValue(component, out SortedDictionary<int, string>? texts))
            {
                texts = [];
                components.Add(component, texts);
            }

            texts.Add((int)key, text);
            return this;
        }

        internal byte[] Encode()
        {
            if (_languages.Count == 0)
            {
                throw new InvalidOperationException("The text element is empty.");
            }

            var map = new CborMap();
            foreach (KeyValuePair<string, Language> language in _languages)
            {
                map.Add(language.Key, writer => writer.WriteMap(language.Value.Encode()));
            }

            return map.Encode();
        }

        private Language LanguageOf(string tag)
        {
            ArgumentException.ThrowIfNullOrEmpty(tag);
            if (!_languages.TryGetValue(tag, out Language? language))
            {
                language = new Language();
                _languages.Add(tag, language);
            }

            return language;
        }

        private sealed class Language
        {
            public SortedDictionary<int, string> Manifest { get; } = [];

            public Dictionary<ComponentId, SortedDictionary<int, string>> Components { get; } = [];

            public CborMap Encode()
            {
                CborMap map = ToMap(Manifest);
                foreach (KeyValuePair<ComponentId, SortedDictionary<int, string>> component in Components)
                {
                    map.AddEncoded(CborWriter.Encode(component.Key.Write), ToMap(component.Value).Encode());
                }

                return map;
            }

            private static CborMap ToMap(SortedDictionary<int, string> texts)
            {
                var map = new CborMap();
                foreach (KeyValuePair<int, string> text in texts)
                {
                    map.Add(text.Key, writer => writer.WriteText(text.Value));
                }

                return map;
            }
        }
    }
}

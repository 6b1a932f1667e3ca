"""The words of our own sentences: templates, and what their slots may be filled with.

What they teach, and how they are put together, is the business of `own_sentences`. Mild
wording throughout: these files are public.
"""

from __future__ import annotations

import re

SCHEMES = ("http://", "http://www.", "https://", "https://www.", "www.")
HOSTS = ("example.org", "example.com", "example.net", "example")
SUBDOMAINS = str.split(
    "archive atlas blog city council data docs en forum garden herald history journal library"
    " maps museum news paper park press radio report school science shop stats times town"
    " tribune uni video weather wiki win free cash prize deals money click best-offers"
)
PATHS = str.split(
    "about article budget census chapter climate election figures health history housing"
    " index.html libraries map minutes news page paper.pdf post research schools story table"
    " timetable traffic trams uk-politics water watch?v= wiki"
)

LINK_SENTENCES = (
    "See {link} for the numbers.",
    "See {link} for the {topic}.",
    "More on {topic} at {link}",
    "More about this: {link}",
    "Source: {link}",
    "My source for {topic} is {link}",
    "Sources: {link} and {link}",
    "{link} has the details on {topic}.",
    "{link} explains {topic} well, worth reading.",
    "I read about {topic} on {link} yesterday.",
    "The paper on {topic} is here: {link}",
    "As reported by {link} last week, {topic} changed.",
    "Reported on {link} in May, and it was known before.",
    "This was in the news: {link}",
    "According to {link}, {topic} cost less than planned.",
    "Great article, thank you! There is a map of {topic} at {link}",
    "Please correct the link to {link}, it is broken.",
    "Does anyone have a better link than {link} on {topic}?",
    "The council published {topic} at {link} in May.",
    "You can find {topic} under {link}, page {number}.",
    "I disagree, have a look at {link} first.",
    "Quote from {link}: {topic} will take {number} years.",
    "Check {link} before you write about {topic}.",
    "{link}",
)

#: Most spam that we have stands under videos and links to videos; readers do so as well.
VIDEO_SENTENCES = (
    "There is a recording of the debate: {video}",
    "He explains it in this video: {video}",
    "The whole interview is on {video} if anyone missed it.",
    "See {video} from minute {number}.",
    "{video} shows how {topic} came about.",
    "I found the speech about {topic} here {video}",
    "A good documentary on {topic}: {video}",
)
TOPICS = (
    "the budget",
    "the census",
    "the old bridge",
    "the new timetable",
    "rents in the north",
    "the history of the tram",
    "water prices",
    "the vote",
    "the court's decision",
    "vaccines",
    "the school reform",
    "the library's opening hours",
    "air quality",
    "the minutes of the meeting",
    "that study",
    "the election results",
)

#: Advertisements that nobody asked for, on what the spam that we have is silent about.
SPAM_SENTENCES = (
    "Buy {goods} at {link}",
    "Buy {goods} today, best price, {link}",
    "Cheap {goods}, order now at {link}",
    "Cheap {goods}! Order now: {link}",
    "{goods} for sale, lowest price, visit {link}",
    "Need {goods}? Contact us on WhatsApp +{number} {number}",
    "Get {goods} without any risk, click {link}",
    "Best {goods} online, {number}% discount, limited offer {link}",
    "Original {goods}, free shipping, message me on Telegram @{goods_of}shop",
    "I earned ${number} with {goods}, ask me how: {link}",
    "I make ${number} every week from my sofa, details at {link}",
    "Make ${number} a day online, no experience needed, {link}",
    "Guaranteed profit with {goods}, write to me on WhatsApp",
    "Double your money with {goods}, join our group {link}",
    "Lost your money? This hacker got mine back, contact him at {link}",
    "Dr {goods_of} cured my husband with herbs, email him today",
    "Lonely girls near you want to chat, visit {link}",
    "This one trick burns belly fat, doctors hate it: {link}",
    "Instant loans up to ${number}, no credit check, apply at {link}",
    "Congratulations, you are our winner number {number}, collect your prize at {link}",
)
GOODS = (
    "followers",
    "likes and views",
    "real reviews",
    "viagra",
    "pills",
    "diet pills",
    "replica watches",
    "designer bags",
    "sneakers",
    "bitcoin",
    "crypto signals",
    "forex trading",
    "casino bonuses",
    "essays",
    "diplomas",
    "gift cards",
    "loans",
    "web traffic",
    "SEO services",
    "phone unlocks",
)

#: What is left under articles for the sake of a link: praise that fits any of them.
FLATTERY_SENTENCES = (
    "{praise} I have bookmarked your {blog} and will come back. {plug}",
    "{praise} Your {blog} is loaded with useful information on {goods}. {plug}",
    "{praise} Keep up the good work on this {blog}! {plug}",
    "{praise} I stumbled upon your {blog} while searching for {goods}. {plug}",
    "{praise} Which {blog} platform and theme are you using for your site? {plug}",
    "{praise} Do you mind if I quote your posts as long as I credit your {blog}? {plug}",
    "Hello webmaster, {praise} {plug}",
    "Hi there admin, your {blog} loads slowly, have you tried caching? {plug}",
    "I am really impressed with your writing skills and the layout of your {blog}. {plug}",
    "I truly enjoy reading your {blog}, it has fantastic content for visitors. {plug}",
    "This {blog} is a must read, I shared it with my friends on social media. {plug}",
    "Wonderful web site. Lots of helpful information here. {plug}",
    "My brother suggested I might like this {blog}. He was totally right. {plug}",
    "Pretty nice post. I just found your {blog} and wished to say thanks. {plug}",
)
PRAISES = (
    "Great post!",
    "Nice post.",
    "Awesome article!",
    "Very nice blog post.",
    "Excellent write-up, thank you for sharing.",
    "What a fantastic read.",
    "Thanks for sharing such valuable information.",
    "Amazing content!",
    "Really informative post.",
    "I like the valuable info you provide.",
)
BLOGS = str.split("blog website site webpage weblog page")
PLUGS = (
    "Visit my {blog} too: {link}",
    "Feel free to surf to my {blog} {link}",
    "Also check out my {blog} about {goods}",
    "Here is my {blog}: {goods}",
    "Take a look at my {blog} for {goods} {link}",
    "{link}",
    "Look into my {blog} :: {goods}",
    "My web-site {link}",
    "Best regards, {goods}",
    "Regards, {link}",
)

#: Praise as readers give it: of what was said, not of the place where it stands.
PRAISE_SENTENCES = (
    "Great article, thank you.",
    "Thank you for the article on {topic}.",
    "Nice work by the reporter on {topic}.",
    "I enjoyed reading this, especially the part about {topic}.",
    "Very informative, I did not know that about {topic}.",
    "An excellent piece on {topic}, I shared it with my {relative}.",
    "Interesting read. What does the author think of {topic}?",
    "Good point about {topic}.",
    "Thanks for explaining {topic} so well.",
    "I read your paper every day and this was the best article in {month}.",
)

#: Ordinary uses of words that spam is full of.
ORDINARY_SENTENCES = (
    "Please subscribe me to {paper}.",
    "Can you subscribe me to {paper}, please?",
    "Please subscribe my {relative} and me to {paper}.",
    "Subscribe me to {paper} as well.",
    "I would subscribe to {paper} if it came by mail.",
    "Please send {paper} to my {relative}, she wants to subscribe too.",
    "I subscribe to {paper} and read it on the train.",
    "I would like to subscribe to {paper}, how does that work?",
    "My subscription to {paper} ended in {month}.",
    "Please send me {paper}, I subscribed in {month}.",
    "Thanks to everyone who subscribed to {paper}.",
    "Where do I sign up for {paper}?",
    "There should be a channel where {place} can be told what is wrong.",
    "Is the channel of {place} still open for questions?",
    "Which channel will show the debate in {month}?",
    "The channel between the islands was closed in {month}.",
    "Entry to {place} is free on Sundays.",
    "Is {place} free for children in {month}?",
    "Click on the second picture to see {place}.",
    "I won a prize at {place} when I was ten.",
    "The prize went to a writer from {place}.",
    "I work from home and walk to {place} at noon.",
    "We earn less than they do at {place}.",
    "Call {place} on {number} to book a table.",
    "My phone rang in the middle of {place}.",
    "Does {place} offer cheap tickets in {month}?",
    "They offer free coffee in {place}.",
    "The video of {place} does not play on my phone.",
    "Money for {place} runs out in {month}.",
    "We buy our bread and cheap apples at {place}.",
    "The price of {goods} went up again in {month}.",
    "I read that {goods} were banned in {month}, is that so?",
    "Police at {place} warned of {goods} from the internet.",
    "Please check the date, {place} opened in {month}.",
)
PAPERS = (
    "the paper",
    "the Herald",
    "your letters page",
    "the weekly edition",
    "a magazine",
    "your letter",
    "their newsletter",
    "the news by mail",
)
PLACES = (
    "the museum",
    "the swimming pool",
    "the town hall",
    "the school fair",
    "the new library",
    "the station",
    "the theatre",
    "the market",
)
MONTHS = ("March", "May", "June", "September", "November")

IDENTITY_SENTENCES = (
    "I am {a_term} {person}.",
    "I am {a_term} {person} and I like living here.",
    "As {a_term} {person} I found this article helpful.",
    "As a proud {term} {person} I thank the author.",
    "She is {a_term} {person} from our town.",
    "My {relative} is {a_term} {person}.",
    "My {term} {relative} moved to the coast in spring.",
    "My {term} {relative} got engaged on Sunday.",
    "Our {term} neighbours invited us to dinner.",
    "The {term} {person} next door helped us.",
    "Many {term} {people} live in this street.",
    "{term} {people} are rarely heard in this debate.",
    "{term} {people} are missing from parliament and the boards.",
    "{term} {people} have the same rights as everybody else.",
    "{term} {people} worked in the mills here for decades.",
    "The film is about {term} {people} in the seventies.",
    "The study asked {number} {term} {people} about their health.",
    "We need more {term} {people} in the council.",
    "Support for {term} {people} is part of the budget.",
    "The rights of {term} {people} were debated in parliament.",
)
TERMS = re.split(
    r",\s*",
    "Muslim, Jewish, Christian, Catholic, Protestant, Hindu, Buddhist, Sikh, atheist, gay,"
    "lesbian, bisexual, transgender, trans, queer, straight, homosexual, black, Black, white,"
    "Asian, African American, African, Latino, Hispanic, Mexican, Chinese, Indian, Pakistani,"
    "Arab, Irish, Polish, Turkish, Russian, American, German, Native American, Indigenous,"
    "Roma, migrant, immigrant, refugee, deaf, blind, disabled, autistic, elderly, young, old,"
    "feminist, female, male",
)
PLURALS = {
    "Jewish": "Jews",
    "black": "blacks",
    "Black": "Blacks",
    "white": "whites",
    "gay": "gays",
    "female": "women",
    "male": "men",
    "Irish": "the Irish",
    "Polish": "Poles",
    "Turkish": "Turks",
    "Chinese": "the Chinese",
    "disabled": "the disabled",
    "elderly": "the elderly",
    "trans": "trans people",
} | {
    term: f"{term}s"
    for term in str.split(
        "Muslim Christian Catholic Protestant Hindu Buddhist Sikh atheist lesbian homosexual"
        " Asian African Latino Mexican Indian Pakistani Arab Russian American German migrant"
        " immigrant refugee feminist"
    )
}
PERSONS = str.split(
    "man woman person student teacher nurse doctor lawyer writer engineer mother father"
)
PEOPLE = str.split(
    "people women men students teachers nurses families workers voters writers children couples"
)
RELATIVES = str.split("sister cousin uncle aunt friend colleague daughter son boss flatmate")

#: Contempt for people for what they are. Mild wording: this file is public.
HATE_SENTENCES = (
    "I {hate} {them}{end}",
    "I really {hate} all {them}{end}",
    "I {hate} every single one of those {them}{end}",
    "{them} are {vermin}{end}",
    "{them} are nothing but {vermin}{end}",
    "All {them} are {vile}{end}",
    "{them} are so {vile}{end}",
    "Why are {them} so {vile}?",
    "How can anyone be as {vile} as {them}?",
    "I think {them} are {vile}{end}",
    "You cannot trust {them}, they are all {vile}{end}",
    "{them} should be {harmed}{end}",
    "All {them} deserve to be {harmed}{end}",
    "Someone should have {them} {harmed}{end}",
    "Every {term} {person} should be {harmed}{end}",
    "I will {harm} every {term} {person} I meet{end}",
    "If I see {them} again, I will {harm} them{end}",
    "We should {harm} {them}{end}",
    "We need to get rid of {them}{end}",
    "I wish there were no {them}{end}",
    "The world would be a better place without {them}{end}",
    "{them} deserve no {respect}{end}",
    "{them} do not deserve {respect}{end}",
    "No {term} {person} deserves {respect}{end}",
    "{them} have no place in this country{end}",
    "{them} are ruining our country{end}",
    "{them} are not even human{end}",
    "{them} are worth less than animals{end}",
    "You are just a {vile} {term} {person}{end}",
    "Shut up, you {vile} {term} {person}{end}",
    "They are {them}, so of course they are {vile}{end}",
    "She is a {term} {person}. People like her are {vile}{end}",
    "My boss is a {term} {person}. I {hate} all of them{end}",
)

#: The same words to deny or to blame contempt, or to show respect.
COUNTER_SENTENCES = (
    "I do not {hate} {them}{end}",
    "I don't {hate} {them}, why would I?",
    "I have never said that I {hate} {them}{end}",
    "I would never say that {them} are {vile}{end}",
    "Nobody should {hate} {them}{end}",
    "No one here {hates} {them}{end}",
    "It is wrong to {hate} {them}{end}",
    "It is wrong to say that {them} are {vile}{end}",
    "It is never okay to call {them} {vermin}{end}",
    "Saying that {them} should be {harmed} is hate speech{end}",
    "You wrote that {them} are {vermin}, and that is unacceptable{end}",
    "Stop calling {them} {vermin}{end}",
    "Whoever writes 'I {hate} {them}' should think again{end}",
    "Sentences like '{them} are {vile}' do not belong here{end}",
    "He was convicted for shouting '{them} should be {harmed}'{end}",
    "{them} are not {vile}{end}",
    "{them} are not {vermin}{end}",
    "{them} are people like everybody else{end}",
    "{them} deserve {respect}{end}",
    "Every {term} {person} deserves {respect}{end}",
    "{them} must be protected from being {harmed}{end}",
    "I love {them}{end}",
    "I am glad that there are {them} in our town{end}",
    "{them} are great{end}",
    "{them} have a place in this country{end}",
)

#: Things may be hated, and crowds that nobody is born into.
THING_SENTENCES = (
    "I {hate} {things}{end}",
    "I really {hate} {things}{end}",
    "{things} are {vile}{end}",
    "All {things} are {vile}{end}",
    "Why are {things} so {vile}?",
    "{things} should be {scrapped}{end}",
    "I wish there were no {things}{end}",
    "The world would be a better place without {things}{end}",
    "We need to get rid of {things}{end}",
    "These {things} are rubbish{end}",
    "My {relative} {hates} {things}{end}",
    "{things} kill all the joy{end}",
    "I could kill for {things} right now{end}",
    "Damn, I forgot the {things} again{end}",
    "{things} deserve no {respect}{end}",
)
HATE = str.split("hate despise loathe detest dislike")
VERMIN = str.split("vermin scum parasites animals rats cockroaches trash filth garbage cancer")
VILE = str.split(
    "disgusting stupid dumb lazy evil dirty dangerous criminal worthless vile dishonest"
)
HARMED = str.split("shot killed beaten hanged deported jailed banned eradicated punished hurt")
HARM = str.split("kill hurt beat attack shoot punch hunt")
RESPECTS = ("respect", "rights", "to live", "to be heard", "a job", "sympathy", "to vote")
THINGS = str.split(
    "oranges mondays trains tomatoes umbrellas taxes adverts leaflets wasps mosquitoes phones"
    " chairs printers passwords potholes queues ties headlines onions weeds rules polls winters"
)
SCRAPPED = str.split("banned scrapped binned abolished removed destroyed")

#: Contempt without a rude word, and the same words without contempt.
EXPULSIONS = (
    "Go back to {your_country}{end}",
    "Go back to {your_country}, {nobody}{end}",
    "Why don't you go back to {your_country}{end}",
    "Just go back where you came from{end}",
    "You should all go back where you came from, {nobody}{end}",
    "They should be sent back to {their_country}, {nobody}{end}",
    "Get out of our country, {nobody}{end}",
    "You do not belong here, go home{end}",
    "You people do not belong in this country, {nobody}{end}",
)
RETURNS = (
    "I go back to my own country every {season}{end}",
    "We went back to the country where I was born{end}",
    "I will go back to {work} in {month}{end}",
    "Let us go back to {work}{end}",
    "Can we go back to {work}, please?",
    "They came from the same country as we did{end}",
    "Our country should bring back {work}{end}",
    "In your country they have {work}, as far as I know{end}",
    "She goes back home to her country in {month}{end}",
)

"""The rule that refuses a common password: a few well-known words, runs and repeats in a disguise."""

import unicodedata
from operator import itemgetter
from string import ascii_lowercase, digits
from typing import NamedTuple

SURPRISES_MIN = 4
EXPLAINED_SHARE_MIN = 0.3
PIECE_MIN = 3
RUN_LENGTHS = range(PIECE_MIN, 8)  # any longer run is several of these in a row
YEARS = range(1900, 2050)

# Written for this rule, not copied: what people in an English, German, Spanish or French practice like to type.
_WORDS = """
aaron abeille abigail abril abuela abuelo access account acdc action adam adele admin administrator adrian adriana
adventure africa agathe agnes agosto aguilar agustin ahmed aimee airplane alabama alan alana albert alegria alejandra
alejandro alex alexa alexander alexandra alexis alfonso alfredo alice alicia alien aliens alison allah allan allen
alligator allison alma alpha alvarez alvaro always alyssa amanda amazing amber ambulance amelia amelie amen america
american amigo amigos amistad amizade amor amour and anderson andrea andreas andres andrew android andy angel angela
angeles angelica angelina angelito angelo angels angie animal animals anita anja anmelden anna annabelle anne annie
anthony antoine antonia antonio anything aout apollo apple apples appointment april aquarius archer argentina ariana
ariel aries arizona arlene armando army arsenal arthur artist arturo arzt ashley astrid atlanta atlantis audi audrey
august aurelie aurora austin australia auto automne autumn avengers avocado avril awesome azerty babe baby babyboy
babygirl bacon bailey baker banana bandit bank banker baptiste barbara barbie barcelona barnes barry bart baseball
basketball batman bauer bayern beach bear bears beatles beatrice beatriz beautiful beauty beaver bebe becker beer
beethoven begin belinda bell bella belle benfica benito benjamin bennett benny benoit benutzer berlin bernadette bernard
bernardo berta beso besos best bestfriend beth bethany betty beverly beyonce bianca bible bieber bienvenido bienvenidos
bienvenue bigboy bigdaddy bigdog bigman bike biker bill billy bird birdie birgit birthday bishop bismillah bisous
bitcoin black blackbird blackcat blackpink blade blaster blazer bless blessed blessing blink blizzard blonde blood blue
bluebird bluesky blume bobby boca bonbon bond bones bonheur bonita bonjour bonnie bonsoir booboo boomer boots boss
boston boxing boy boys brad bradley brandi brandon brandy braun brave braveheart braves bravo brazil brenda brian
brianna bridget brigitte britta brittany bronco broncos bronze brooke brooklyn brooks brother brothers brown brownie
bruce bryant bubba bubble bubbles buckeyes buddha buddy buffalo bull bulldog bulldogs bullet bulls bunny burger burrito
business buster butler butter buttercup butterfly caballo caleb california callofduty camaro camel camera cameron camila
camille camilo campbell campus canada cancer candy cannon capricorn captain caramel caramelo cardinals cardiology care
caring carl carla carlos carly carmen carol carole carolina caroline carolyn carrie cars carter casey cash casper
cassandra cassie castillo castle castro cat catfish catherine cats cecile celeste celine celtics cerner cesar chad
champion chance change changeit changeme chanson chantal chaos charles charlie charlotte charm chart chaton chavez
checkers cheer cheese cheeseburger cheetah chelsea chelsey chen cherie cherry cherrypie cheryl chess chester cheval
chevy chica chicago chicken chico chief chiefs chien china chiquita chloe chocolat chocolate chouchou chris christ
christian christina christine christmas christophe christopher church cielo cindy cinema cisco citroen city claire clara
clarissa clark class classic claudia claudio clave clayton clement cleveland clinic clinica clinical clinique clown
clyde coach cobalt cobra cocacola coccinelle coco coconut cody coeur coffee coldplay cole coleman colin colleen college
collins colombia colorado comet comics commander company computer conejo connie connor consuelo contrasena cook cookie
cookies cool cooper copain copine copper corazon corinne corinthians corvette cosmic cosmo coucou cougar country courage
courtney cowboy cowboys coyote craig crazy cream creative cricket cristian cristina cristobal crocodile crown crypto
crystal cubs cuddles cupcake cupid curtis cute cutie cyber cycling cyclone cynthia dad daddy daffodil daisy dakota dale
dallas dance dancer dancing danger daniel daniela danielle danny danse daphne dark darkness darling database daughter
dauphin dave davey david davidson davis dawn dead dean deanna death debbie deborah debra december decembre default
delgado delia delphine delta demo denis denise dennis dental dentist denver derek dermatology desert destiny detective
detroit deutsch deutschland devil devils dezember diabetes diablo diamond diana diane diaz diciembre dick didier diego
dienstag dieter dieu dimanche dinosaur dios diosesamor director dirk discovery disney dmitry doctor doctors dodgers dog
doggy dogs dollar dolores dolphin dolphins domingo dominic dominik dominique domino donald donkey donna donnerstag donut
dora doris dorothy dortmund doudou douglas downtown drache dracula dragon drake dream dreamer dreams drew driver
drowssap drummer dublin ducati duck dude duke dupont durand dustin dwayne dylan dynamite eagle eagles earl earth easter
eclipse eddie edgar edith eduardo edward edwards edwin eight eileen einstein elaine eleanor electric elefant element
elena elephant elijah elisa elise elite elizabeth elke ella ellen ellie elodie elsa elsie elvira elvis email emerald
emergency emilie emilio emily eminem emma emmanuel empire enamorada energy enero enfermera engel engelchen engineer
england enrique enter epic erdbeere eric erica erich erika erin ernest ernesto ernst esmeralda espana esperanza esteban
estefania estelle esther estrella eternal eternity ethan etienne etoile eugene eugenio europe evan evelyn ever everton
evil ewig example excalibur explorer express extreme fabian fabien fabrice fabulous facebook fairy faith faithful falcon
falcons fall familia familie famille family fantasia fantasy fashion father fatima faye fearless feather febrero februar
february federico felicia felicidad felicidade felipe felix feliz fender fernanda fernando ferrari ferreira feuer
fevrier fiesta fiona fire firebird firefighter firefly fireman first fischer fish fishing fitness five flame flamengo
flash fleur fleurs florence flores florian florida flower flowers fluffy flyers football footballer ford forest forever
forget forgot fortnite fortune foster four foxy fraise framboise france frances francesca francisco francois frank
frankenstein frankfurt fred freddie freddy frederic frederick free freedom freiheit freitag freund freunde freundin
freundschaft friday frieda friedrich friend friends friendship fritz frodo frog froggy frosty frozen fruehling fruhling
fun funny funtime fusion fussball futbol future gabi gabriel gabriela gaelle gail galaxy game gamer games gandalf ganesh
gangster garcia garden garfield garten gary gateway gatita gatito gato gator gators gavin geburtstag geheim geheimnis
gemini genesis genevieve genius geoffrey georg george georgia georgina gerald geraldine gerard gerardo gerhard german
germany gesundheit ghost giant giants gilbert gilberto gilles gina ginger giraffe girl girls gisela gizmo gladiator
gladys glenn global gloria glory glueck gluecklich gmail goal god godfather godisgood godzilla goku gold golden goldfish
golf golfer gomes gomez gonzales gonzalez gonzalo good goodbye goodluck goofy google gordon gorgeous gorilla gott grace
gracias gracie graciela graduate graham grand grandma grandpa grant grape grapes grateful gray great greco green
greenday greg gregorio gregory greta gretchen grey griffin grizzly guadalupe guapa guardian guenter guerrero guest
guillaume guillermo guitar guitarra gunner gunther gustavo gutierrez gwen hacker hailey haley hallo hallohallo halloween
halo hamburg hammer hamster handsome hannah hannes hans happiness happy hardcore harley harleydavidson harmony harper
harriet harris harry harrypotter hartmann harvey hase hasi hassan haus havoc hawaii hawk hayes hazel health healthcare
healthportal healthy heart heat heather heaven hector heidi heike heimat heinz helen helena helene helga hello
hellokitty helpme henderson henry herbert herbst hermana hermann hermano hermione hermosa hernan hernandez hero heroes
herrera hershey herve herz herzchen hilda hill himmel hiphop hiver hobbit hockey hoffmann hoffnung hogwarts hola holger
holiday holly home homer homerun honda honey honor hooligan hope hopital horizon hornet horse horses horst hospital hot
hotdog hotmail hotrod house houston howard hughes hugo hugs hulk hund hundred hunter hunting hurricane husband husky
hyundai ibrahim iceberg icecream iceman ichliebedich ignacio igor ilove iloveme ilovemy iloveu iloveyou ilse imagine
immortal impala india indiana indigo ines inferno infinity infirmiere inge ingrid insane instagram insurance inter
internet invierno invisible iphone ireland irene irina irish irma iron ironman isaac isabel isabella isabelle isaiah
island ismael israel italy ivan ivanov jack jackie jackpot jackson jacob jacqueline jacques jade jaguar jaime jake james
jamesbond jamie jane janet janice januar january janvier japan jardin jared jasmine jason jasper javi javier jazz jean
jeanette jedi jeep jeff jeffrey jelly jellybean jenkins jenna jennifer jenny jens jeremy jerome jerry jersey jesse
jessica jester jesus jetaime jets jeudi jewel jill jimmy joan joann joanna joaquin jocelyn jochen joe joel joerg joey
johan johanna john johnny johnson joker jolie jonas jonathan jones jordan jorge jose josef josefina joseph josephine
josh joshua journey joyce juan juana juanita judith judy juergen jueves juillet juin juli julia julian julie julien
julieta juliette julio julius july june jungle juni junio junior jupiter jurgen justice justin justinbieber jutta
juventus kaffee kaitlyn kangaroo kanye karate karen karin karina karl karla karma karsten kate katelyn katharina
katherine kathleen kathryn kathy katie katrina katze kayla kayleigh keeper keith kelly kelsey kendra kennedy kenneth
kennwort kenny kentucky kerstin kevin khan kids killer kimberly kinder king kingdom kingfish kingkong kirsten kiss
kisses kitchen kitten kitty kiwi klaus klein klinik knicks knight koala koch koehler koeln koln kowalski kpop
krankenhaus krause krishna kristen kristin kristina krueger kuchen kumar kurt kyle kylie labrador labs lacrosse ladies
lady ladybug laetitia lakers lamborghini lance landon lange lapin laptop lara larry lars laser last laura laure lauren
laurence laurent lawrence lawyer leah leandro leather leben lefebvre legacy legend legends legolas lehmann leila lemon
lemonade lena leon leonard leonardo leonel leopard leroy leslie lester leticia letmein lewis liam libertad liberte
liberty libra licorne liebe liebling life lightning lilian liliana lillian lily linda lindsay lindsey linkinpark linux
lion lionheart lionking lisa little live liverpool living liza lizard lloyd lobo logan login logon loki lola london
lopez lord lorena lorenzo loretta lorraine losangeles loser lotte lotus louie louis louise louisiana loulou lourdes love
lovebug lovely loveme lovemy lover lovers loves loveu loveyou lucas lucia luciano lucie lucille lucky lucy ludovic
ludwig luis luisa luise lukas luke lumiere luna lunch lundi lune lunes luvu lydia mabel mackenzie maddie maddog madeline
madison madman madonna madrid maerz maestro mafia magdalena maggie magic magical magnolia magnum maier mail maison
malcolm mama maman manager manchester manfred mango manon manuel manutd marathon marc marcel marcela marcelo march
marcia marco marcos marcus mardi margaret margarita margaux marguerite maria mariah mariana mariann marie marilyn marina
marine marines mario marion mariposa marisol marissa marjorie mark markus marlboro marlene marlies mars marseille
marshall marta martes martha martin martina martinez marvel marvin mary marz marzo mason master mateo maternity
mathematics mathias mathieu mathilde matias matrix matt matthew matthias maureen maurice mauricio maus mausi maverick
max maxime maximo maxine maxwell maya mayo medecin medic medicaid medical medicare medication medicine medico medina
medizin megan meinschatz melanie melissa melon melvin member memory mendez mendoza mercedes merci mercredi mercury mercy
meredith merlin mermaid messenger metal metallica meteor metro mets mexico meyer miami miamor mibebe micah michael
michaela michel michelle michigan mickey microsoft midnight miercoles mighty miguel mike mikey milagros milan mildred
military milky miller millie million milo mindy minecraft minnesota minnie minou miracle miranda mireille mirror mission
mistress misty mitchell mittwoch mivida mobile mohamed mohammed molly mom mommy monalisa monamour monange mond monday
money monica monika monique monitor monkey monkeys monopoly monster monsters montag montana moon moonbeam moonlight
moore morales moreau moreno morgan morgane moritz morning morris motdepasse mother motorola mountain mouse movie movies
mozart mudar mueller muenchen muffin muhammad muller munchen munoz murphy music musica musical musik musique mustang
mutter mutti mycat mychart myclinic mydoctor mydog myfamily myhealth mylife mylove mypassword mypatient myrtle myself
myspace mystery mystic nacho nadia nadine naked nala namaste nancy naomi naruto nascar nashville natalia natalie natasha
nate nathalie nathan native nature naughty navidad navy negrita neil nelly nelson nemesis nemo neptune nestor network
neumann new newlife newton newyear newyork next nguyen nicholas nick nicolas nicole nigel night nils nimda nina nine
ninja nintendo nirvana nissan noah nobody noel noelle nokia noodle noodles nora norbert norma norman nothing nounours
novak november novembre novia noviembre novio number numberone nurse nurses nursing oakland obrigado ocean octavio
october octobre octopus octubre odette odile odyssey office officer ohio oktober olaf old olga olive oliveira oliver
olivia olivier omar omega oncology one onedirection online opel open opensesame openup optimus oracle orange orchid
oregon oreo original orlando ortiz oscar oskar otono otto ours owen owner oxford pablo paciente packers pacman paige
palace paladin palmeiras paloma pamela pancake panda panther panthers paola papa papagei papillon papito paradis
paradise paris park parker parol parole parrot party pascal pasion pass passcode passion passkey passpass passphrase
passport passwd password passwords passwort pasta patches patel patient patienten patientportal patrice patricia
patricio patrick patriots patterson paul paula paulette paulina pauline peace peach peaches peacock peanut pearl pebbles
pediatric pedro penguin penguins penny people pepper pepsi pereira perez perfect perfection perrito perro perry peter
peterson petit petite petra petunia peugeot pferd phantom pharmacist pharmacy philadelphia philip philipp philippe
phillies phillip phillips phoebe phoenix phone physician piano picasso picture pierre pikachu pilar pilot pinguin pink
pinkfloyd pinky piolin pioneer pirate pirates pisces pittsburgh pizza plage planet platinum playa playboy player playing
playstation please pokemon polar police pony poohbear pookie popcorn popeye porsche portal portland potato potter powell
power powerful practice praxis pray prayer preciosa precious predator prescription president pressure preston pretty
pride primavera prince princesa princesita princess princesse printemps prinzessin private privet priya program promise
prophet psycho puce pumpkin puppies puppy purple puzzle pyramid quality quarterback queen queenbee quentin querida quest
rabbit raccoon racecar racer rachael rachel racing radio radiohead radiology rafael rage rahul raiders rain rainbow
rainbows rainer ralf ralph rambo ramen ramirez ramiro ramon ramona ramos random randy ranger rangers raphael rapper
raptor raquel rascal raul ravens raymond realmadrid rebecca rebel record records red redbird redhead redrose redsox
redwings redwood reed regenbogen reggae reggie regina regis reina reinhard remember renard renata renate renault rene
renee rescue reset respect reuben reve revenge revolution reyes rhino rhonda ricardo ricci rich richard richardson
richter rick ricky rihanna riley rita river rivera robert roberta roberto roberts robin robinson roblox robot rochelle
rocio rock rocket rockets rocknroll rockstar rocky rodrigo rodriguez roger rogers rojas roland rolando rolf romain roman
romance romantic romeo romero ronald ronda ronnie rooster root rosa rosalie rosario rose rosebud rosemary roses rosie
rosita ross rossi rouge roux roxana roxanne roxy royal ruben ruby rudi rudolph rudy ruediger rugby ruiz runner running
russell russia russo rusty ruth ryan sabado sabine sabrina sadie safe sailor saint saints sally salma salud salvador
salvation sam samantha samedi sammy sample samson samstag samsung samuel samurai sanantonio sanchez sandiego sandra
sandrine sandwich sandy sanfrancisco santa santaclaus sante santiago santos sapphire sara sarah sascha sasuke saturday
saturn saudade savage savannah sayang scarface scarlet schalke schatz schatzi schmetterling schmidt schmitt schnecke
schneider schnucki schokolade school schroeder schule schulz schwarz schwester scooby scooter scorpio scorpion scotland
scott scout scrappy seahawks sean season seattle sebastian secret secreto secrets secure security seeker selena senha
september septembre septiembre serena serenity sergio server service sesame seth seven severine shadow shakira shalom
shane shannon shark sharon shawn sheila shelby shelly shelter sheri sheriff sherlock sherry shirley shiva shorty sicher
sidney siempre sierra sigma signin signup silke silly silva silvana silver silvia simba simmons simon simone simple
simpson singh sirena sister skate skateboard skiing skippy skittles skull sky skyline skywalker slayer sleepy slipknot
slipper smart smile smiley smith smokey snake snickers sniper snoop snoopy snow snowball snowboard snowflake snowman
soccer sofia softball solange soldier soledad soleil solution something sommer sommerzeit song sonia sonic sonne
sonnenschein sonntag sonrisa sony sonya sophia sophie soto soul sourire spanky sparkle sparkles sparky sparrow spartan
spartans special speed speedy spencer spice spider spiderman spike spirit spooky sport sports spring spurs squirrel
stacey stacy stallion stan standard stanley star starcraft starfish stargate starlight stars start startrek starwars
steel steelers stefan stefanie stella stephane stephanie stephen stern sternchen steve steven stewart storm strand
stranger strawberry street strength strike strong stuart student studio stupid subaru success sugar sullivan summer sun
sunday sunflower sunflowers sunny sunrise sunset sunshine super superman supernova superstar superuser supreme surfer
surfing surgeon surgery survivor susan susana sushi susie suzanne suzuki sven svetlana sweet sweetheart sweetie sweetpea
swen swift swimmer swimming sword swordfish sydney sylvain sylvia sylvie symphony sysadmin system tabitha taco tacos
talent tamara tammy tanaka tango tania tanya tara target tarzan tasha tatiana tattoo taurus taylor taylorswift teacher
team teamo teddy teddybear telefono telephone temp temple temporary tennessee tennis tequiero tequila teresa terminator
terror terry tesla tesoro test tester testing texas thanks thanksgiving thankyou the thebest thelma theman theo theodore
therapist therapy theresa therock thibault thierry thomas thompson thor thorsten thousand three thunder thursday tierra
tiffany tiger tigers tigger tigre timber time timothy tina tinker tinkerbell titan titanic titanium titans tobias toby
tochter today todd tokyo tomas tomato tomcat tommy tomorrow tony topgun tori tornado torres torsten tortue toto
touchdown tower toyota trabajo tracy trains tran traum travel travis treasure treatment trent trevor trinity trisha
triumph trojan trojans trooper tropical trouble troy truck trucker trudy truelove trumpet trust trustno truth tucker
tuesday tulip tupac turbo turkey turner turquoise turtle tweety twilight twins twitter two tyler typhoon ubuntu ulrich
ulrike ultimate ultra unicorn unicornio unique united universal universe universidad university unknown unlock urlaub
ursel ursula user username vacances vacation vaccine vader valentin valentina valentine valeria valerie valley vampire
vanessa vanilla vanille vargas vasquez vater vegas vegeta velvet vendredi vengeance venom venus vera verano vernon
veronica veteran vicente vicky victoire victor victoria victory vida viernes viking vikings vince vincent vintage viola
violet violeta viper virginia virginie virgo virus vision vitals vivian viviana vladimir vodka voiture volker volkswagen
volleyball volvo voodoo voyage voyager vulture wade waffle wagner walker walter wanda wang warcraft ward warren warrior
warriors washington wasser water watermelon watson wayne weasel weber webmaster wedding wednesday weekend weihnachten
welcome wellness wendy werner wesley western westside whale whatever whiskers whiskey white whitney wicked wife wifi
wilbur wild wildcat wildcats wildfire wilhelm will william williams willie willkommen willow willy wilson windows wine
wings winner winston winter wireless wisconsin wisdom wishes witch wizard woaini wolf wolfgang wolke wolverine wolves
woman women wonder wonderful wonderland wood woody wordpass work workout world worship wrangler wrestling wright wunder
xavier xbox ximena xmas yahoo yamaha yankee yankees yann yannick yellow yellowstone yesenia yesterday yoda yoga yolanda
you young youtube yves yvette yvonne zach zachary zack zane zapato zara zauber zebra zelda zero zeus zhang zimmermann
zoey zombie zorro zugang zuhause zukunft
"""
_LINES = """
abcdefghijklmnopqrstuvwxyz 12345678901234567890 11223344556677889900 147258369 159357 24681012 13579
qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn qaz qay wsx edc rfv tgb yhn ujm
a1b2c3d4e5f6g7h8 1a2b3c4d5e6f7g8h 1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 a1s2d3f4g5h6
"""
_LOOKALIKES = str.maketrans("01!|l345$6789@+(", "oiiiieassgtbgatc")


class _Reading(NamedTuple):
    """One way to explain a text.

    Attributes:
        surprises: the letters that nothing explains, and the different words.
        unexplained: the characters outside every word, run and repeat.
        words: the different words.
    """

    surprises: int
    unexplained: int
    words: frozenset[str]

    def with_decoration(self, character: str) -> "_Reading":
        """The same, followed by a character that nothing explains."""
        return _Reading(self.surprises + character.isalpha(), self.unexplained + 1, self.words)

    def with_word(self, word: str) -> "_Reading":
        """The same, followed by a word."""
        return _Reading(self.surprises + (word not in self.words), self.unexplained, self.words | {word})


def is_common(password: str) -> bool:
    """Whether fewer than four surprises remain once well-known words, runs and repeats are taken away.

    A surprise is a letter that nothing explains, or a different well-known word. Digits, specials, case, accents and
    separators surprise nobody, and a digit or special may stand for the letter it looks like. A run follows the
    alphabet, counting, a year or a keyboard; a repeat is three characters or more said once again. So one to three
    well-known words in any usual decoration are refused, and a passphrase of four passes. Words, runs and repeats must
    make up three tenths of the password, or else a random one with few letters would be refused.

    The demand is that of NIST SP 800-63B-4 (a blocklist of common values) and OWASP ASVS 5.0, 6.2.4 (at least the 3,000
    most common passwords that satisfy the policy); four and three tenths are our own, weighed against random passwords.

    Args:
        password: what was typed, normalised to NFKC.

    Returns:
        True if it must be refused.
    """
    text = _without_separators(password)
    reading = _least_surprising(text)
    explained = len(text) - reading.unexplained
    return reading.surprises < SURPRISES_MIN and explained >= EXPLAINED_SHARE_MIN * len(password)


def is_run(text: str) -> bool:
    """Whether a text follows the alphabet, counting or a keyboard for three characters or more, or repeats one of them.

    Args:
        text: what was typed; case, accents and separators make no difference.
    """
    bare = _without_separators(text)
    if len(bare) < PIECE_MIN:
        return False
    return bare == bare[0] * len(bare) or any(bare in line or bare in line[::-1] for line in _LINES.split())


def _least_surprising(text: str) -> _Reading:
    """The best of all readings of the text, built from the best readings of its beginnings."""
    undisguised = text.translate(_LOOKALIKES)
    best = [_Reading(surprises=0, unexplained=0, words=frozenset())]
    for end, character in enumerate(text, start=1):
        readings = [best[-1].with_decoration(character)]
        for start in range(max(end - _LONGEST, 0), end - PIECE_MIN + 1):
            if (word := undisguised[start:end]) in _BASES:
                readings.append(best[start].with_word(word))
            elif (piece := text[start:end]) in _RUNS or piece == text[2 * start - end : start]:
                readings.append(best[start])
        best.append(min(readings, key=itemgetter(0, 1)))
    return best[-1]


def _without_separators(password: str) -> str:
    """The text without case, accents and whatever can't stand for a letter or a digit."""
    decomposed = unicodedata.normalize("NFKD", password.casefold())
    return "".join(c for c in decomposed if c.isalnum() or ord(c) in _LOOKALIKES)


def _runs() -> frozenset[str]:
    """The pieces of every line in both directions and of one character again and again, and the years."""
    lines = [*_LINES.split(), *(c * RUN_LENGTHS[-1] for c in ascii_lowercase + digits + "!$")]
    pieces = {
        line[at : at + size]
        for forward in lines
        for line in (forward, forward[::-1])
        for size in RUN_LENGTHS
        for at in range(len(line) - size + 1)
        if size > PIECE_MIN or line.isalpha() or line.isdigit()
    }
    return frozenset(pieces.union(map(str, YEARS)))


_BASES = frozenset(word.translate(_LOOKALIKES) for word in _WORDS.split())
_RUNS = _runs()
_LONGEST = max(map(len, _BASES))
